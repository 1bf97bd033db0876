package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Latency;
import dev.tidewire.benchmarks.load.LoadRun;
import dev.tidewire.benchmarks.load.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Measures what one more idle connection takes: the slope between a quarter of the connections and all of them, so that what a
 * server takes but once is not in it. Before, connections come and go, a few at a time, until a JVM has compiled what it runs for
 * them.
 *
 * <p>In a JVM that is the objects that live after a collection, and the memory outside the heap: the heap is resident from the
 * start, so that only the latter makes more memory resident. In any other process it is all that becomes resident.
 */
record MemoryMeasurement(Sockets sockets) {
    /** Enough for a server to let go of what it needs while it works. */
    private static final long SETTLING_MILLIS = 2_000;
    /** Then it is looked at so often whether it has become quiet: on a busy machine its compiler takes longer. */
    private static final int MOST_LOOKS = 60;

    private static final long LOOK_MILLIS = 500;
    private static final long QUIET_NANOS = 10_000_000;

    private static final int WARM_UP_ROUNDS = 40;
    private static final int WARM_UP_CONNECTIONS = 500;

    private static final int COLLECTIONS = 2;
    private static final Pattern USED = Pattern.compile(" used (\\d+)K");
    private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files +\\d+ +(\\d+)");
    /** What a process opens besides its connections. */
    private static final int OTHER_FILES = 100;

    Sample of(ServerProcess server, Work work, int round) throws InterruptedException, IOException, TimeoutException {
        int all = Math.min(work.load().connections(), mostConnections());
        int quarter = all / 4;
        warmUp(server, work);
        try (LoadRun run = new LoadRun(work.load(), server.target(work), sockets)) {
            run.open(quarter);
            long before = bytes(server);
            long started = System.nanoTime();
            run.open(all - quarter);
            double seconds = (System.nanoTime() - started) / 1e9;
            long after = bytes(server);
            return new Sample(
                    server.peer().name(),
                    work.key(),
                    round,
                    (all - quarter) / seconds,
                    0,
                    0,
                    Latency.NONE,
                    0,
                    0,
                    0,
                    Usage.residentBytes(server.pid()),
                    (double) (after - before) / (all - quarter),
                    run.failure().orElse(null));
        }
    }

    private void warmUp(ServerProcess server, Work work) throws InterruptedException, TimeoutException {
        for (int i = 0; i < WARM_UP_ROUNDS; i++) {
            try (LoadRun run = new LoadRun(work.load(), server.target(work), sockets)) {
                run.open(WARM_UP_CONNECTIONS);
            }
        }
    }

    private static long bytes(ServerProcess server) throws IOException, InterruptedException {
        awaitQuiet(server);
        if (!server.peer().isJvm()) return Usage.residentBytes(server.pid());
        for (int i = 0; i < COLLECTIONS; i++) {
            ask(server, "GC.run"); // more than once, for references are cleared and cleaners run between
        }
        // What connections before these have left to the C library goes now, not perhaps between two looks.
        ask(server, "System.trim_native_heap");
        return Usage.residentBytes(server.pid()) + liveBytes(server);
    }

    private static void awaitQuiet(ServerProcess server) throws IOException, InterruptedException {
        TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
        long used = ProcessClock.nanos(server.pid());
        for (int i = 0; i < MOST_LOOKS; i++) {
            TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
            long now = ProcessClock.nanos(server.pid());
            if (now - used <= QUIET_NANOS) return;
            used = now;
        }
    }

    private static long liveBytes(ServerProcess server) throws IOException, InterruptedException {
        Matcher used = USED.matcher(ask(server, "GC.heap_info"));
        if (!used.find()) throw new IOException("jcmd does not tell how much of the heap is used");
        return Long.parseLong(used.group(1)) * 1024;
    }

    private static String ask(ServerProcess server, String question) throws IOException, InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        return Output.of(List.of(jcmd, Long.toString(server.pid()), question));
    }

    /** As many as a process here may have open. */
    private static int mostConnections() throws IOException {
        Matcher limit = OPEN_FILES.matcher(Files.readString(Path.of("/proc/self/limits")));
        return limit.find()
                ? (int) Math.min(Integer.MAX_VALUE, Long.parseLong(limit.group(1))) - OTHER_FILES
                : Integer.MAX_VALUE;
    }
}
