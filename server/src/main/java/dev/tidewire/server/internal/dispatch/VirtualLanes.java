package dev.tidewire.server.internal.dispatch;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Each burst of a connection's events runs on one virtual thread; a silent connection has none. */
final class VirtualLanes implements Lanes {
    private static final String NAME = "tidewire-handler";
    private static final ThreadFactory THREADS = Thread.ofVirtual().name(NAME).factory();

    private final @Nullable Turnstile turnstile;
    private final ThreadFactory factory;
    private final Map<Executor, HandlerThreads> threads = new ConcurrentHashMap<>();

    /** @param most lanes that run at the same time, 0 for any number */
    VirtualLanes(int most) {
        this(most, THREADS);
    }

    VirtualLanes(int most, ThreadFactory factory) {
        this.turnstile = most == 0 ? null : new Turnstile(most);
        this.factory = factory;
    }

    @Override
    public Lane lane(long fd, Executor start) {
        // Who waits for a turn must not have it while the loop is busy: others wait behind.
        Executor when = turnstile == null ? start : AT_ONCE;
        return new VirtualLane(threads.computeIfAbsent(when, of -> new HandlerThreads(factory, of)));
    }

    @Override
    public boolean owns(Thread thread) {
        return thread.getName().equals(NAME);
    }

    @Override
    public void close() {}

    /** Threads: any. The monitor guards {@code waiting} and {@code running}; it is held for a few instructions only. */
    private final class VirtualLane implements Lane, Runnable {
        private final HandlerThreads threads;
        private @Nullable ArrayDeque<Runnable> waiting;
        private @Nullable Runnable running;

        VirtualLane(HandlerThreads threads) {
            this.threads = threads;
        }

        @Override
        public void execute(Runnable event) {
            synchronized (this) {
                if (running != null) {
                    if (waiting == null) waiting = new ArrayDeque<>(4);
                    waiting.add(event);
                    return;
                }
                running = event;
            }
            if (turnstile == null || turnstile.enter(this::begin)) begin();
        }

        @Override
        public synchronized boolean isIdle() {
            return running == null;
        }

        @Override
        public void run() {
            for (Runnable event = current(); event != null; event = next()) {
                event.run();
            }
        }

        private void begin() {
            threads.run(turnstile == null ? this : this::runInTurn);
        }

        /** Like {@link #run}, but others who wait come in between two events. */
        private void runInTurn() {
            Turnstile others = Objects.requireNonNull(turnstile);
            Runnable event = current();
            while (event != null) {
                event.run();
                event = next();
                if (event == null) {
                    others.leave();
                } else if (others.giveWay(this::begin)) {
                    return;
                }
            }
        }

        private synchronized @Nullable Runnable current() {
            return running;
        }

        private synchronized @Nullable Runnable next() {
            running = waiting == null ? null : waiting.poll();
            if (running == null) waiting = null;
            return running;
        }
    }
}
