package dev.tidewire.server.internal.topics;

import java.util.concurrent.Executor;

/**
 * A connection that can subscribe.
 *
 * @param <M> what is published
 */
public interface Subscriber<M extends Topics.Shared> {
    /** Its loop; the same for all its life. */
    Executor loop();

    /** Its subscriptions, the same object for all its life. Threads: any. */
    Subscriptions<M> subscriptions();

    /** Takes what was published, lent. Called on its loop. */
    void published(M message);
}
