package dev.tidewire.server.internal.dispatch;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/** A fixed number of threads; a connection's events always run on the same one. */
final class WorkerLanes implements Lanes {
    private static final String NAME = "tidewire-worker-";

    private final ExecutorService[] workers;

    WorkerLanes(int threads) {
        workers = IntStream.range(0, threads)
                .mapToObj(i -> Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name(NAME + i).factory()))
                .toArray(ExecutorService[]::new);
    }

    @Override
    public Lane lane(long fd) {
        return workers[(int) (fd % workers.length)]::execute;
    }

    @Override
    public boolean owns(Thread thread) {
        return thread.getName().startsWith(NAME);
    }

    @Override
    public void close() {
        for (ExecutorService worker : workers) {
            worker.shutdown();
        }
    }
}
