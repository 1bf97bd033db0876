package dev.tidewire.server.internal.topics;

import org.jspecify.annotations.Nullable;

/**
 * One connection's part in one topic or pattern.
 *
 * <p>Threads: its connection's loop.
 */
final class Subscription<M extends Topics.Shared> {
    final Subscriptions<M> owner;
    final String filter;
    /** Where it stands, and at which place; null before it was entered and after it was taken out. */
    @Nullable
    Audience<M> audience;

    int place;

    Subscription(Subscriptions<M> owner, String filter) {
        this.owner = owner;
        this.filter = filter;
    }
}
