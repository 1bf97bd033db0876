package dev.tidewire.benchmarks;

import dev.tidewire.server.internal.topics.Subscriber;
import dev.tidewire.server.internal.topics.Subscriptions;
import dev.tidewire.server.internal.topics.Topics;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Finding the subscribers of a topic among many, and telling the one there is. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TopicsBenchmark {
    private static final int MOST = 1 << 20;

    /** Subscribers, each with a topic and a pattern of its own. */
    @Param({"100", "10000"})
    public int subscribers;

    private final Topics<Note> topics = new Topics<>(MOST, MOST, MOST);
    private long delivered;

    /** Subscribes. */
    @Setup
    public void subscribe() {
        for (int i = 0; i < subscribers; i++) {
            Ear ear = new Ear();
            topics.subscribe(ear, "room/" + i + "/chat");
            topics.subscribe(ear, "user/" + i + "/+/news");
        }
    }

    /** A topic by its name. */
    @Benchmark
    public long byName() {
        topics.publish("room/42/chat", Note.NOTE, null);
        return delivered;
    }

    /** A topic that a pattern fits. */
    @Benchmark
    public long byPattern() {
        topics.publish("user/42/phone/news", Note.NOTE, null);
        return delivered;
    }

    /** A topic that nobody is subscribed to. */
    @Benchmark
    public long nobody() {
        topics.publish("room/none/chat", Note.NOTE, null);
        return delivered;
    }

    private enum Note implements Topics.Shared {
        NOTE;

        @Override
        public int bytes() {
            return 0;
        }

        @Override
        public void retain() {}

        @Override
        public void release() {}
    }

    private final class Ear implements Subscriber<Note> {
        private static final Executor LOOP = Runnable::run;

        private final Subscriptions<Note> subscriptions = new Subscriptions<>(this);

        @Override
        public Executor loop() {
            return LOOP;
        }

        @Override
        public Subscriptions<Note> subscriptions() {
            return subscriptions;
        }

        @Override
        public void published(Note message) {
            delivered++;
        }
    }
}
