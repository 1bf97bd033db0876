package dev.tidewire.server.internal.time;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of everything on one loop, and its clock.
 *
 * <p>Deadlines are never early, and late by {@value #TICK_MILLIS} ms at most, unless the loop is busy. The loop is woken only when
 * one may be due. When very many are due at once, others have their turn in between.
 *
 * <p>Threads: the loop's, all of it; {@link #read} and {@link #execute} any.
 */
public final class LoopTime {
    /** Deadlines of the same tick are due together. */
    static final int TICK_MILLIS = 10;
    /** Deadlines that are handled before the loop does something else. */
    private static final int BATCH = 1024;

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);

    private final ScheduledExecutorService loop;
    private final LongSupplier nanoTime;
    private final long beginning;
    private final Wheel wheel = new Wheel();
    private @Nullable Future<?> wake;
    private long wakeTick = Wheel.NEVER;
    private boolean expiring;
    private long now;

    /**
     * The time of {@code loop}.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public LoopTime(ScheduledExecutorService loop, LongSupplier nanoTime) {
        this.loop = loop;
        this.nanoTime = nanoTime;
        beginning = nanoTime.getAsLong();
        now = beginning;
    }

    /** Reads the clock; to be compared with what this gave before by difference only. */
    public long read() {
        return nanoTime.getAsLong();
    }

    /** Reads the clock, and keeps what it says for {@link #now}. */
    public long refresh() {
        now = nanoTime.getAsLong();
        return now;
    }

    /** What the clock said when it was last refreshed. */
    public long now() {
        return now;
    }

    /** Runs {@code action} when {@code delay} has gone by, unless it is cancelled. */
    public Deadline in(Duration delay, Runnable action) {
        Deadline deadline = new Deadline(this) {
            @Override
            protected void due() {
                action.run();
            }
        };
        deadline.arm(delay.toNanos());
        return deadline;
    }

    /** Runs {@code action} on the loop, behind what it has to do; not at all when the loop has ended. Threads: any. */
    public void execute(Runnable action) {
        try {
            loop.execute(action);
        } catch (RejectedExecutionException loopHasEnded) {
            // Then there is nothing left that could be wanted of it.
        }
    }

    void arm(Wheel.Node node, long delayNanos) {
        long due = refresh() - beginning + Math.max(0, delayNanos);
        long tick = (due + TICK_NANOS - 1) / TICK_NANOS;
        wheel.add(node, tick);
        if (!expiring && wheel.next() < wakeTick) wakeAt(wheel.next());
    }

    void disarm(Wheel.Node node) {
        wheel.remove(node);
    }

    private void expire() {
        wake = null;
        wakeTick = Wheel.NEVER;
        expiring = true;
        int left = BATCH;
        try {
            long tick = (refresh() - beginning) / TICK_NANOS;
            for (Wheel.Node node = wheel.poll(tick); node != null; node = wheel.poll(tick)) {
                node.due();
                if (--left == 0) break;
            }
        } finally {
            expiring = false;
            if (left == 0) {
                // Behind what else there is to do.
                wakeTick = 0;
                loop.execute(this::expire);
            } else {
                wakeAt(wheel.next());
            }
        }
    }

    private void wakeAt(long tick) {
        if (wake != null) wake.cancel(false);
        wake = null;
        wakeTick = tick;
        if (tick == Wheel.NEVER) return;
        long delay = beginning + tick * TICK_NANOS - now;
        wake = loop.schedule(this::expire, Math.max(0, delay), TimeUnit.NANOSECONDS);
    }
}
