package dev.tidewire.server.internal.topics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one connection is subscribed to.
 *
 * <p>Threads: any; {@link #lastPublication} the connection's loop. The monitor guards the map, and is held while a change is handed to
 * the loop, so that the loop sees changes in the order in which they were made.
 */
public final class Subscriptions<M extends Topics.Shared> {
    final Subscriber<M> subscriber;
    private final Map<String, Subscription<M>> byFilter = new HashMap<>(4);
    private boolean gone;

    /** The publication it got last, so that two filters that fit one topic do not bring it twice. */
    long lastPublication;

    /** None yet. */
    public Subscriptions(Subscriber<M> subscriber) {
        this.subscriber = subscriber;
    }

    /** Those of a connection that is gone: none, and none to come. */
    public static <M extends Topics.Shared> Subscriptions<M> ended(Subscriber<M> subscriber) {
        Subscriptions<M> ended = new Subscriptions<>(subscriber);
        ended.gone = true;
        return ended;
    }

    /** The topics and patterns; those at the end, when the connection is gone. */
    synchronized Set<String> filters() {
        return Set.copyOf(byFilter.keySet());
    }

    /** True when it is subscribed from now on, or was before. */
    synchronized boolean add(String filter, int most, LoopTopics<M> topics) {
        if (gone) return false;
        if (byFilter.containsKey(filter)) return true;
        if (byFilter.size() >= most) return false;
        Subscription<M> subscription = new Subscription<>(this, filter);
        byFilter.put(filter, subscription);
        try {
            topics.add(subscription);
        } catch (OutOfMemoryError noMemory) {
            byFilter.remove(filter);
            throw noMemory;
        }
        return true;
    }

    /** False when it was not subscribed. */
    synchronized boolean remove(String filter, LoopTopics<M> topics) {
        Subscription<M> subscription = gone ? null : byFilter.get(filter);
        if (subscription == null) return false;
        topics.remove(List.of(subscription));
        byFilter.remove(filter);
        return true;
    }

    /** Ends them all for good; {@link #filters} still tells which there were. Once, on the loop. */
    synchronized void removeAll(LoopTopics<M> topics) {
        gone = true;
        if (!byFilter.isEmpty()) topics.remove(List.copyOf(byFilter.values()));
    }
}
