package dev.tidewire.server.internal.topics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of the connections of one loop.
 *
 * <p>The tables are the loop's alone. Changes and publications come to it in the order in which they were handed over, so that who was
 * subscribed before something was published gets it. How many subscribe to what is counted beside, when the change is handed over:
 * a loop where nobody does is not even asked.
 *
 * <p>Threads: {@link #add}, {@link #remove}, {@link #publish} and the counts any.
 */
final class LoopTopics<M extends Topics.Shared> {
    /** About what a publication costs in memory besides its bytes. */
    private static final int PUBLICATION_BYTES = 128;

    private final Executor loop;
    private final int maxWaitingBytes;
    private final AtomicLong waitingBytes = new AtomicLong();
    private final Map<String, Integer> counts = new ConcurrentHashMap<>();
    private final AtomicInteger patternCount = new AtomicInteger();
    /** How many subscriptions were taken back, counted before they are. */
    private final AtomicInteger removals = new AtomicInteger();

    private final Map<String, Audience<M>> byTopic = new HashMap<>();
    private final PatternTree<M> patterns = new PatternTree<>();
    private final List<Audience<M>> fitting = new ArrayList<>();
    private long publications;

    /** @param maxWaitingBytes of publications that were handed over and not yet delivered; one may wait however long it is */
    LoopTopics(Executor loop, int maxWaitingBytes) {
        this.loop = loop;
        this.maxWaitingBytes = maxWaitingBytes;
    }

    /** How many connections of this loop are subscribed by exactly this filter. */
    int count(String filter) {
        return counts.getOrDefault(filter, 0);
    }

    /**
     * False when nothing that is published to {@code topic} can concern a connection here. One that goes from a pattern to the topic, or back,
     * concerns it all the time, whatever is looked at first.
     */
    boolean concerns(String topic) {
        int before;
        do {
            before = removals.get();
            if (patternCount.get() > 0 || counts.containsKey(topic)) return true;
        } while (before != removals.get());
        return false;
    }

    void add(Subscription<M> subscription) {
        counts.merge(subscription.filter, 1, Integer::sum);
        if (TopicName.isPattern(subscription.filter)) patternCount.incrementAndGet();
        try {
            execute(() -> enter(subscription));
        } catch (OutOfMemoryError noMemory) {
            discount(subscription);
            throw noMemory;
        }
    }

    /** Takes back some that were added; none when the loop cannot be told. */
    void remove(List<Subscription<M>> subscriptions) {
        execute(() -> subscriptions.forEach(this::takeOut));
        removals.incrementAndGet();
        subscriptions.forEach(this::discount);
    }

    private void discount(Subscription<M> subscription) {
        counts.computeIfPresent(subscription.filter, (filter, count) -> count == 1 ? null : count - 1);
        if (TopicName.isPattern(subscription.filter)) patternCount.decrementAndGet();
    }

    /** Hands {@code message} over for every subscriber here but {@code except}; false when too much waits already. */
    boolean publish(String topic, M message, @Nullable Subscriber<M> except) {
        long cost = (long) message.bytes() + PUBLICATION_BYTES;
        long before;
        do {
            before = waitingBytes.get();
            if (before > 0 && before + cost > maxWaitingBytes) return false;
        } while (!waitingBytes.compareAndSet(before, before + cost));
        message.retain();
        boolean taken = false;
        try {
            taken = execute(() -> {
                try {
                    deliver(topic, message, except);
                } finally {
                    done(message, cost);
                }
            });
        } finally {
            if (!taken) done(message, cost);
        }
        return true;
    }

    private void done(M message, long cost) {
        message.release();
        waitingBytes.addAndGet(-cost);
    }

    private void deliver(String topic, M message, @Nullable Subscriber<M> except) {
        long number = ++publications;
        Audience<M> exact = byTopic.get(topic);
        if (exact != null) exact.publish(message, number, except);
        if (patterns.isEmpty()) return;
        patterns.match(TopicName.levels(topic), fitting::add);
        try {
            for (int i = 0; i < fitting.size(); i++) {
                fitting.get(i).publish(message, number, except);
            }
        } finally {
            fitting.clear();
        }
    }

    private void enter(Subscription<M> subscription) {
        if (TopicName.isPattern(subscription.filter)) {
            patterns.add(subscription);
        } else {
            byTopic.computeIfAbsent(subscription.filter, topic -> new Audience<>())
                    .add(subscription);
        }
    }

    private void takeOut(Subscription<M> subscription) {
        Audience<M> audience = subscription.audience;
        if (audience == null) return; // there was no memory to enter it
        audience.remove(subscription);
        if (!audience.isEmpty()) return;
        if (TopicName.isPattern(subscription.filter)) {
            patterns.prune(subscription.filter);
        } else {
            byTopic.remove(subscription.filter);
        }
    }

    private boolean execute(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException loopHasEnded) {
            return false; // and with it every connection that could be concerned
        }
    }
}
