package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * How long a server works before it is measured: until its JVM has compiled what it needs for that, which it does on the core on which it
 * serves, and ours what the load generator needs, or the first server would have the slower client.
 *
 * <p>What it does meanwhile is what will be measured, from opening sockets to closing them, and again: in one long run the beginning and
 * the end would be met for the first time by the sample, and compiled code that never saw them is thrown away there.
 *
 * @param least also for servers that are no JVM
 * @param most also while still compiling
 */
public record WarmUp(Duration least, Duration most) {
    /** Of a processor: what a compiler that is done still does now and then. */
    private static final double IDLE = 0.02;

    /** What will be measured. */
    interface Rehearsal {
        void run() throws IOException, InterruptedException, TimeoutException;
    }

    /** Always the same time, to the end of a rehearsal. */
    public static WarmUp fixed(Duration time) {
        return new WarmUp(time, time);
    }

    void of(long server, Rehearsal rehearsal) throws IOException, InterruptedException, TimeoutException {
        long started = System.nanoTime();
        Duration past = Duration.ZERO;
        boolean compiles = true;
        while (past.compareTo(least) < 0 || (compiles && past.compareTo(most) < 0)) {
            long compiledBefore = compilerNanos(server);
            rehearsal.run();
            Duration now = Duration.ofNanos(System.nanoTime() - started);
            compiles = compilerNanos(server) - compiledBefore
                    > IDLE * now.minus(past).toNanos();
            past = now;
        }
    }

    private static long compilerNanos(long server) throws IOException {
        return Usage.compilerNanos(server)
                + Usage.compilerNanos(ProcessHandle.current().pid());
    }
}
