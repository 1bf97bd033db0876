package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Latency;
import dev.tidewire.benchmarks.load.LoadRun;
import dev.tidewire.benchmarks.load.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;

/** Measures how long it takes from the start of a server's process to its first handshake, on all processors. */
record StartMeasurement(Sockets sockets, Cores cores, Path logs) {
    private static final int STARTS = 3;

    Sample of(Peer peer, Work work, int round) throws InterruptedException, IOException, TimeoutException {
        double[] micros = new double[STARTS];
        double[] cpuMicros = new double[STARTS];
        long resident = 0;
        for (int i = 0; i < STARTS; i++) {
            long started = System.nanoTime();
            try (ServerProcess server = ServerProcess.start(peer, work.setup(), cores, logs);
                    LoadRun run = new LoadRun(work.load(), server.target(work), sockets)) {
                run.open(1);
                micros[i] = (System.nanoTime() - started) / 1e3;
                cpuMicros[i] = ProcessClock.nanos(server.pid()) / 1e3;
                resident = Usage.residentBytes(server.pid());
            }
        }
        Arrays.sort(micros);
        Arrays.sort(cpuMicros);
        double middle = micros[STARTS / 2];
        double last = micros[STARTS - 1];
        Latency latency = new Latency(middle, last, last, last, last);
        return new Sample(
                peer.name(),
                work.key(),
                round,
                1e6 / middle,
                cpuMicros[STARTS / 2],
                0,
                latency,
                0,
                0,
                0,
                resident,
                0,
                null);
    }
}
