package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tidewire.server.internal.jfr.Recorder;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.netty.util.concurrent.ThreadProperties;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/**
 * Measures how late an event loop is: it is asked for a sign of life, and whatever keeps it from giving one, such as a handler that
 * blocks, shows as lag.
 *
 * <p>Threads: {@link #ask} and {@link #nameHolder} one and the same; {@link #run} the loop; {@link #lagNanos} any.
 */
final class LoopProbe implements Runnable {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    /** From here on lag is an event for the flight recorder. */
    private static final long STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final SingleThreadEventExecutor loop;
    private final Counters counters;
    private final LongConsumer lagged;

    private volatile long askedAt;
    private volatile boolean answered = true;
    private volatile long lag;
    private volatile String holder = "";

    LoopProbe(SingleThreadEventExecutor loop, Counters counters, LongConsumer lagged) {
        this.loop = loop;
        this.counters = counters;
        this.lagged = lagged;
    }

    /** Asks, unless an answer is still to come. */
    void ask() {
        if (!answered) return;
        holder = "";
        askedAt = System.nanoTime();
        answered = false;
        try {
            loop.execute(this);
        } catch (RejectedExecutionException loopHasEnded) {
            answered = true; // and holds nobody up
        }
    }

    /** The answer. */
    @Override
    public void run() {
        long late = System.nanoTime() - askedAt;
        lag = late;
        answered = true;
        if (late >= STALL_NANOS) Recorder.loopStalled(late, holder);
        lagged.accept(late);
    }

    /** How long the last answer took, or the next one takes already if that is more. */
    long lagNanos() {
        return Math.max(lag, answered ? 0 : System.nanoTime() - askedAt);
    }

    /**
     * Counts and names what keeps the loop from answering for longer than {@code threshold}; once for each time it does. A warning
     * when that is the application: it can be mended there. Else the machine has too little to give, or there is much to do.
     */
    void nameHolder(Duration threshold) {
        if (answered || !holder.isEmpty()) return;
        long held = System.nanoTime() - askedAt;
        if (held < threshold.toNanos()) return;
        ThreadProperties thread = loop.threadProperties();
        Blame blame = Blame.on(thread.stackTrace());
        if (answered) return; // what was sampled came after
        holder = blame.where();
        counters.count("loop.stalled");
        LOG.log(
                blame.application() ? WARNING : INFO,
                () -> "event=loop_stalled loop=" + thread.name() + " held_ms=" + held / 1_000_000 + " by="
                        + blame.where());
    }
}
