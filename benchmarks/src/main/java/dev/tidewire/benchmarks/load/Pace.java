package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * Does something at a steady rate. The loop never sleeps meanwhile, for waking it would be later than the time between two, and looks at its
 * sockets after each time.
 */
final class Pace {
    private final EventLoop loop;
    private final double intervalNanos;
    private final Step step;
    private long startedNanos;
    private long done;
    private boolean running;

    /** What is done. */
    interface Step {
        /** Returns false when it cannot be done now: then it is late, and the schedule stays as it was. */
        boolean take(long dueNanos);
    }

    Pace(EventLoop loop, double perSecond, Step step) {
        this.loop = loop;
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.step = step;
    }

    void start() {
        running = true;
        startedNanos = System.nanoTime();
        run();
    }

    void stop() {
        running = false;
    }

    private void run() {
        if (!running) return;
        long now = System.nanoTime();
        while (due() <= now && step.take(due())) {
            done++;
        }
        // Not as a task, which would come before the sockets for as long as there are tasks.
        loop.schedule(this::run, 0, TimeUnit.NANOSECONDS);
    }

    private long due() {
        return startedNanos + (long) (done * intervalNanos);
    }
}
