package dev.tidewire.server.internal.topics;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions to one topic or pattern on one loop.
 *
 * <p>Threads: the loop.
 */
final class Audience<M extends Topics.Shared> {
    private static final int FIRST_CAPACITY = 4;

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type cannot be made otherwise
    private Subscription<M>[] members = new Subscription[FIRST_CAPACITY];

    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    void add(Subscription<M> subscription) {
        if (size == members.length) members = Arrays.copyOf(members, size * 2);
        subscription.audience = this;
        subscription.place = size;
        members[size++] = subscription;
    }

    void remove(Subscription<M> subscription) {
        Subscription<M> last = members[--size];
        members[subscription.place] = last;
        last.place = subscription.place;
        clear(size);
        subscription.audience = null;
    }

    /** Gives {@code message} to everyone here who has not got it through another filter. Nobody comes or goes meanwhile. */
    void publish(M message, long number, @Nullable Subscriber<M> except) {
        for (int i = 0; i < size; i++) {
            Subscriptions<M> member = members[i].owner;
            if (member.lastPublication == number) continue;
            member.lastPublication = number;
            if (!member.subscriber.equals(except)) member.subscriber.published(message);
        }
    }

    @SuppressWarnings("NullAway") // places from size up are never read
    private void clear(int place) {
        members[place] = null;
    }
}
