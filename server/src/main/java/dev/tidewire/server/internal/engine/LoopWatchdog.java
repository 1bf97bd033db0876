package dev.tidewire.server.internal.engine;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks every loop for a sign of life several times a second, and names what holds one that does not give it. The loops pay one empty
 * task each time; what they do meanwhile is not watched, and costs nothing.
 *
 * <p>Threads: a daemon of its own, {@code tidewire-watchdog}.
 */
final class LoopWatchdog implements Runnable {
    private static final long LONGEST_PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final List<LoopProbe> probes;
    private final Duration threshold;
    private final long periodNanos;
    private final Thread thread;
    private volatile boolean ended;

    /** @param threshold zero: measures, but names nothing */
    LoopWatchdog(List<LoopProbe> probes, Duration threshold) {
        this.probes = probes;
        this.threshold = threshold;
        periodNanos = period(threshold);
        thread = Thread.ofPlatform().daemon().name("tidewire-watchdog").unstarted(this);
    }

    private static long period(Duration threshold) {
        return threshold.isZero() ? LONGEST_PERIOD_NANOS : Math.min(LONGEST_PERIOD_NANOS, threshold.toNanos() / 2);
    }

    void start() {
        thread.start();
    }

    void end() {
        ended = true;
        LockSupport.unpark(thread);
    }

    /** The longest lag of all loops. */
    long lagNanos() {
        return probes.stream().mapToLong(LoopProbe::lagNanos).max().orElse(0);
    }

    @Override
    public void run() {
        while (!ended) {
            probes.forEach(LoopProbe::ask);
            long before = System.nanoTime();
            LockSupport.parkNanos(this, periodNanos);
            long late = System.nanoTime() - before - periodNanos;
            // When this thread was held up too, the whole process was, or the machine: no handler is to blame.
            if (threshold.isPositive() && late < periodNanos) probes.forEach(probe -> probe.nameHolder(threshold));
        }
    }
}
