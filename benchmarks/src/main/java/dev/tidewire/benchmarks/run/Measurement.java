package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Counted;
import dev.tidewire.benchmarks.load.LoadRun;
import dev.tidewire.benchmarks.load.Sockets;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Measures a server that runs while it is busy with one work.
 *
 * @param sockets new ones, which suit a work
 */
record Measurement(Function<Work, Sockets> sockets, Cores cores) {
    /** Time for a server to finish what it does after its last handshake. */
    private static final long SETTLING_MILLIS = 300;
    /** Until load and server have found their pace. */
    private static final long RUN_UP_MILLIS = 400;

    private static final Duration REHEARSAL = Duration.ofMillis(600);

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Lets both sides compile what they need. What goes wrong while a server is cold is not held against it. */
    void warmUp(WarmUp warmUp, ServerProcess server, Work work)
            throws InterruptedException, IOException, TimeoutException {
        warmUp.of(server.pid(), () -> of(server, work, 0, REHEARSAL));
    }

    Sample of(ServerProcess server, Work work, int round, Duration length)
            throws InterruptedException, IOException, TimeoutException {
        try (Sockets loops = sockets.apply(work);
                LoadRun run = new LoadRun(work.load(), server.target(work), loops)) {
            run.open(work.load().connections());
            TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
            run.start();
            TimeUnit.MILLISECONDS.sleep(RUN_UP_MILLIS);
            Usage before = run.startCounting(() -> Usage.of(server.pid(), cores));
            Thread.sleep(length);
            Usage after = run.endCounting(() -> Usage.of(server.pid(), cores));
            Counted counted = run.counted();
            boolean quiet = run.stop(PATIENCE);
            String failure = run.failure()
                    .orElse(!quiet ? "replies are missing" : counted.count() == 0 ? "nothing came back in time" : null);
            return sample(server, work, round, counted, before, after, failure);
        }
    }

    private static Sample sample(
            ServerProcess server,
            Work work,
            int round,
            Counted counted,
            Usage before,
            Usage after,
            @Nullable String failure)
            throws IOException {
        long count = Math.max(1, counted.count());
        return new Sample(
                server.peer().name(),
                work.key(),
                round,
                counted.count() / after.seconds(before),
                after.serverMicros(before) / count,
                (double) counted.bytes() / count,
                counted.latency(),
                after.serverCores(before),
                after.clientCores(before),
                after.otherCores(before),
                Usage.residentBytes(server.pid()),
                0,
                failure);
    }
}
