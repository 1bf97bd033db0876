package dev.tidewire.server.internal.engine;

import dev.tidewire.server.internal.dispatch.Lanes;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.internal.time.LoopTime;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * The application's timers, by number. They wait on the wheels of the loops, and run where handlers run.
 *
 * <p>Threads: any, but {@link #awaitIdle} not where handlers run.
 */
public final class Timers {
    private final Lanes lanes;
    private final Supplier<LoopTime> loops;
    private final ConcurrentMap<Long, Timer> open = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();

    // Guarded by the monitor.
    private boolean ended;
    private int running;

    /** @param loops gives them in turn */
    Timers(Lanes lanes, Supplier<LoopTime> loops) {
        this.lanes = lanes;
        this.loops = loops;
    }

    /**
     * Runs {@code action} after {@code delayNanos}, and then every {@code periodNanos} if that is not 0. One that takes longer than the
     * period leaves out those it was too late for.
     *
     * @param action is given the timer's number; does not throw
     * @return the timer's number, counted up from 1
     */
    public long start(long delayNanos, long periodNanos, LongConsumer action) {
        LoopTime time = loops.get();
        Timer timer = new Timer(numbers.incrementAndGet(), time, time.read() + delayNanos, periodNanos, action);
        synchronized (this) {
            if (ended) return timer.number;
            open.put(timer.number, timer);
        }
        time.execute(timer::await);
        return timer.number;
    }

    /** Ends a timer; false when there is none of this number, as when it has run for the last time. */
    public boolean clear(long number) {
        Timer timer = open.remove(number);
        if (timer == null) return false;
        timer.time.execute(timer::cancel);
        return true;
    }

    /** How many are open. */
    public int count() {
        return open.size();
    }

    /** Ends all; none begins to run after this. */
    void end() {
        synchronized (this) {
            ended = true;
        }
        open.keySet().forEach(this::clear);
    }

    /** Waits until none runs; false when that takes longer. */
    synchronized boolean awaitIdle(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        while (running > 0) {
            long left = end - System.nanoTime();
            if (left <= 0) return false;
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return true;
    }

    private synchronized boolean begins() {
        if (ended) return false;
        running++;
        return true;
    }

    private synchronized void ends() {
        if (--running == 0) notifyAll();
    }

    private final class Timer extends Deadline {
        private final long number;
        private final LoopTime time;
        private final long period;
        private final LongConsumer action;
        private long dueAt;

        Timer(long number, LoopTime time, long dueAt, long period, LongConsumer action) {
            super(time);
            this.number = number;
            this.time = time;
            this.dueAt = dueAt;
            this.period = period;
            this.action = action;
        }

        /** On the loop. */
        void await() {
            if (open.containsKey(number)) arm(dueAt - time.read());
        }

        @Override
        protected void due() {
            if (period == 0 && open.remove(number) == null) return;
            if (begins()) lanes.lane(number).execute(this::run);
        }

        private void run() {
            try {
                // A tick may have been cleared while it waited for a thread.
                if (period == 0 || open.containsKey(number)) action.accept(number);
            } finally {
                ends();
            }
            if (period != 0 && open.containsKey(number)) time.execute(this::awaitNext);
        }

        private void awaitNext() {
            long late = time.read() - dueAt;
            dueAt += period * (Math.max(0, late) / period + 1);
            await();
        }
    }
}
