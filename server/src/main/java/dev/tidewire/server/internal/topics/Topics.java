package dev.tidewire.server.internal.topics;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The topics of one server. A publication is handed over once for each loop with subscribers, not once for each of them, and is delivered
 * there from tables that no lock guards (ADR-0017).
 *
 * <p>Threads: any. What one thread publishes is delivered in that order.
 *
 * @param <M> what is published
 */
public final class Topics<M extends Topics.Shared> {
    private final int maxTopicsPerConnection;
    private final int maxTopicLength;
    private final int maxPublishedBytes;
    private final Map<Executor, LoopTopics<M>> loops = new ConcurrentHashMap<>();

    /** What several loops read at the same time, and the last of them releases. */
    public interface Shared {
        /** How long it is. */
        int bytes();

        /** One more will {@link #release}. */
        void retain();

        /** One less uses it. */
        void release();
    }

    /** Topics under these limits; lengths are characters, and the bytes are those of publications that wait for one loop. */
    public Topics(int maxTopicsPerConnection, int maxTopicLength, int maxPublishedBytes) {
        this.maxTopicsPerConnection = maxTopicsPerConnection;
        this.maxTopicLength = maxTopicLength;
        this.maxPublishedBytes = maxPublishedBytes;
    }

    /**
     * Subscribes a connection to a topic or a pattern.
     *
     * @return false when the connection is gone, or at its limit
     * @throws IllegalArgumentException when {@code filter} is malformed or too long
     */
    public boolean subscribe(Subscriber<M> subscriber, String filter) {
        return subscriber.subscriptions().add(filter, maxTopicsPerConnection, topicsOf(subscriber));
    }

    /** Fails unless {@code filter} can be subscribed to. */
    public void requireFilter(String filter) {
        TopicName.requireFilter(filter, maxTopicLength);
    }

    /** Ends one subscription; false when there was none. */
    public boolean unsubscribe(Subscriber<M> subscriber, String filter) {
        return subscriber.subscriptions().remove(filter, topicsOf(subscriber));
    }

    /** What a connection is subscribed to. */
    public Set<String> filters(Subscriber<M> subscriber) {
        return subscriber.subscriptions().filters();
    }

    /** Ends all subscriptions of a connection that is gone. On its loop. */
    public void gone(Subscriber<M> subscriber) {
        subscriber.subscriptions().removeAll(topicsOf(subscriber));
    }

    /** True for a name that may fit several topics. */
    public static boolean isPattern(String name) {
        return TopicName.isPattern(name);
    }

    /** How many connections are subscribed by exactly this topic or pattern. */
    public int count(String filter) {
        int count = 0;
        for (LoopTopics<M> topics : loops.values()) count += topics.count(filter);
        return count;
    }

    /** True when somebody may be subscribed to {@code topic}. */
    public boolean concerns(String topic) {
        for (LoopTopics<M> topics : loops.values()) {
            if (topics.concerns(topic)) return true;
        }
        return false;
    }

    /**
     * Fails unless something can be published to {@code topic}.
     *
     * @throws IllegalArgumentException naming the rule and the topic
     */
    public void requireTopic(String topic) {
        TopicName.requireTopic(topic, maxTopicLength);
    }

    /** Publishes to all subscribers but {@code except}; false when those of some loop will not get it, for too much waits there. */
    public boolean publish(String topic, M message, @Nullable Subscriber<M> except) {
        boolean taken = true;
        for (LoopTopics<M> topics : loops.values()) {
            if (topics.concerns(topic)) taken &= topics.publish(topic, message, except);
        }
        return taken;
    }

    private LoopTopics<M> topicsOf(Subscriber<M> subscriber) {
        return loops.computeIfAbsent(subscriber.loop(), loop -> new LoopTopics<>(loop, maxPublishedBytes));
    }
}
