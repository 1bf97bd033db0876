package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.time.Duration;

/**
 * How long a server works before it is measured: until its JVM has compiled what it needs for that, which it does on the core on which it
 * serves, and ours what the load generator needs, or the first server would have the slower client.
 *
 * @param least also for servers that are no JVM
 * @param most also while still compiling
 */
public record WarmUp(Duration least, Duration most) {
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** Of a processor: what a compiler that is done still does now and then. */
    private static final double IDLE = 0.02;

    /** For a process that has done the same before. */
    static final WarmUp AGAIN = fixed(Duration.ofMillis(400));

    /** Always the same time. */
    public static WarmUp fixed(Duration time) {
        return new WarmUp(time, time);
    }

    void of(long pid) throws IOException, InterruptedException {
        Thread.sleep(least);
        boolean compiles = true;
        for (Duration past = least; compiles && past.compareTo(most) < 0; past = past.plus(LOOK)) {
            long before = compilerNanos(pid);
            Thread.sleep(LOOK);
            compiles = compilerNanos(pid) - before > IDLE * LOOK.toNanos();
        }
    }

    private static long compilerNanos(long server) throws IOException {
        return Usage.compilerNanos(server)
                + Usage.compilerNanos(ProcessHandle.current().pid());
    }
}
