package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Measures all peers at all works, round by round. In a round all peers do one work after each other, so that they meet the same
 * machine, each round in another order.
 *
 * @param sockets null for what suits each work
 * @param done says of what there is a sample already
 * @param sampled is told of each sample as it comes
 */
public record Comparison(
        List<Peer> peers,
        List<Work> works,
        int rounds,
        Sampling sampling,
        int clientThreads,
        Sockets.@Nullable Kind sockets,
        Cores cores,
        Path logs,
        Done done,
        Consumer<Sample> sampled) {

    /** What need not be measured again. */
    public interface Done {
        boolean contains(String peer, String work, int round);
    }

    public void run() throws IOException, InterruptedException {
        cores.pinThisProcess();
        for (Setup setup : Setup.values()) {
            List<Work> those =
                    works.stream().filter(work -> work.setup() == setup).toList();
            if (setup.alone()) {
                runAlone(those);
            } else {
                runTogether(setup, those);
            }
        }
    }

    private Sockets socketsFor(Work work) {
        return new Sockets(sockets != null ? sockets : work.load().sockets(), clientThreads);
    }

    private void runTogether(Setup setup, List<Work> those) throws IOException, InterruptedException {
        List<ServerProcess> servers = new ArrayList<>();
        try {
            for (Peer peer : peers) {
                if (those.stream().anyMatch(work -> isLeft(peer, work))) start(peer, setup, servers);
            }
            for (int round = 0; round < rounds; round++) {
                for (Work work : those) {
                    measureAll(servers, work, round);
                }
                Collections.shuffle(servers, new Random(round));
            }
        } finally {
            servers.forEach(ServerProcess::close);
        }
    }

    private void start(Peer peer, Setup setup, List<ServerProcess> servers) throws InterruptedException {
        try {
            servers.add(ServerProcess.start(peer, setup, cores, logs));
        } catch (IOException e) {
            for (Work work : works) {
                if (work.setup() == setup && peer.does(work)) tell(Sample.failed(peer, work, 0, e));
            }
        }
    }

    private void measureAll(List<ServerProcess> servers, Work work, int round) throws InterruptedException {
        Measurement measurement = new Measurement(this::socketsFor, cores);
        for (ServerProcess server : List.copyOf(servers)) {
            if (!needed(server.peer(), work, round)) continue;
            boolean good = sample(server.peer(), work, round, () -> {
                if (server.isNewTo(work)) measurement.warmUp(sampling.warmUp(), server, work);
                return sampling.leastDisturbed(() -> measurement.of(server, work, round, sampling.length()));
            });
            if (!good) restart(server, servers);
        }
    }

    /** After a failure, so that what one work did to a server is not held against it in the next. */
    private void restart(ServerProcess server, List<ServerProcess> servers) throws InterruptedException {
        server.close();
        servers.remove(server);
        start(server.peer(), server.setup(), servers);
    }

    private void runAlone(List<Work> those) throws InterruptedException {
        List<Peer> ordered = new ArrayList<>(peers);
        for (int round = 0; round < rounds; round++) {
            for (Work work : those) {
                try (Sockets loops = socketsFor(work)) {
                    for (Peer peer : ordered) {
                        if (needed(peer, work, round)) runAlone(peer, work, round, loops);
                    }
                }
            }
            Collections.shuffle(ordered, new Random(round));
        }
    }

    private void runAlone(Peer peer, Work work, int round, Sockets loops) throws InterruptedException {
        sample(peer, work, round, () -> {
            if (work.setup() == Setup.START) return new StartMeasurement(loops, cores, logs).of(peer, work, round);
            try (ServerProcess server = ServerProcess.start(peer, work.setup(), cores, logs)) {
                return new MemoryMeasurement(loops).of(server, work, round);
            }
        });
    }

    /** What goes wrong with one peer is its result, and the others go on; false then. */
    private boolean sample(Peer peer, Work work, int round, Sampling.Measuring measuring) throws InterruptedException {
        @Nullable Sample sample;
        try {
            sample = measuring.measure();
        } catch (IOException | TimeoutException | IllegalStateException e) {
            sample = Sample.failed(peer, work, round, e);
        }
        tell(sample);
        return sample.failure() == null;
    }

    private void tell(Sample sample) throws InterruptedException {
        if (sample.failure() != null) Child.requireNotEnding();
        sampled.accept(sample);
    }

    private boolean isLeft(Peer peer, Work work) {
        for (int round = 0; round < rounds; round++) {
            if (needed(peer, work, round)) return true;
        }
        return false;
    }

    private boolean needed(Peer peer, Work work, int round) {
        return peer.does(work) && !done.contains(peer.name(), work.key(), round);
    }
}
