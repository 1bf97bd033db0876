package dev.tidewire.server.internal.dispatch;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Each burst of a connection's events runs on one virtual thread; a silent connection has none. */
final class VirtualLanes implements Lanes {
    /** Events of one connection after which others come in between. */
    private static final int MOST_IN_A_ROW = 64;

    private static final ThreadFactory THREADS =
            Thread.ofVirtual().name("tidewire-handler").factory();

    /** Bound once for each thread, to what tells the lanes of one server from those of others. */
    private static final ScopedValue<Object> OWNER = ScopedValue.newInstance();

    private final @Nullable Turnstile turnstile;
    private final Object owner;
    private final ThreadFactory factory;
    private final HandlerThreads threads;

    /** @param most lanes that run at the same time, 0 for any number */
    VirtualLanes(int most) {
        this(most, THREADS);
    }

    VirtualLanes(int most, ThreadFactory factory) {
        this(most == 0 ? null : new Turnstile(most), new Object(), factory, Runnable::run);
    }

    private VirtualLanes(@Nullable Turnstile turnstile, Object owner, ThreadFactory factory, Executor start) {
        this.turnstile = turnstile;
        this.owner = owner;
        this.factory = factory;
        ScopedValue.Carrier owned = ScopedValue.where(OWNER, owner);
        this.threads = new HandlerThreads(lanes -> factory.newThread(() -> owned.run(lanes)), start);
    }

    @Override
    public Lane lane(long fd) {
        return new VirtualLane();
    }

    /** Where lanes take turns they begin at once: who has its turn must not wait for a loop while others wait behind. */
    @Override
    public Lanes ofLoop(Executor endOfTurn) {
        return turnstile == null ? new VirtualLanes(null, owner, factory, endOfTurn) : this;
    }

    @Override
    public boolean runHere() {
        return OWNER.isBound() && owner.equals(OWNER.get());
    }

    @Override
    public void close() {}

    /**
     * Threads: any. The monitor guards {@code waiting}, and whether {@code running} is null; it is held for a few instructions only. All
     * else is of the thread that runs the lane. It takes all that wait at once, so that it seldom meets those that add more.
     */
    private final class VirtualLane implements Lane, Runnable {
        private @Nullable ArrayDeque<Runnable> waiting;
        private @Nullable ArrayDeque<Runnable> taken;
        /** The event that runs now, or as soon as the lane goes on. */
        private @Nullable Runnable running;

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
            if (turnstile == null || turnstile.enter(this::goOn)) threads.run(this);
        }

        @Override
        public synchronized boolean isIdle() {
            return running == null;
        }

        @Override
        public void run() {
            Runnable event = running;
            for (int left = MOST_IN_A_ROW; event != null && left > 0; left--) {
                ThreadRoot.run(event, "lane_failed");
                event = next();
                if (turnstile != null && !staysInside(turnstile, event)) return;
            }
            if (event != null) goOn();
        }

        /** Between any two events those come in that wait for their turn. */
        private boolean staysInside(Turnstile others, @Nullable Runnable event) {
            if (event != null) return !others.giveWay(this::goOn);
            others.leave();
            return false;
        }

        /** At the end of this one, or of one that was before it in the line and so has the same threads. */
        private void goOn() {
            threads.runNext(this);
        }

        private @Nullable Runnable next() {
            Runnable event = taken == null ? null : taken.poll();
            if (event == null) return nextOfWaiting();
            running = event;
            return event;
        }

        private synchronized @Nullable Runnable nextOfWaiting() {
            ArrayDeque<Runnable> empty = taken;
            taken = waiting;
            waiting = empty;
            running = taken == null ? null : taken.poll();
            if (running == null) taken = waiting = null;
            return running;
        }
    }
}
