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
                .mapToObj(i -> Executors.newSingleThreadExecutor(events -> new Worker(this, events, NAME + i)))
                .toArray(ExecutorService[]::new);
    }

    @Override
    public Lane lane(long fd) {
        return workers[(int) (fd % workers.length)]::execute;
    }

    @Override
    public boolean runHere() {
        return Thread.currentThread() instanceof Worker worker && worker.lanes == this;
    }

    @Override
    public void close() {
        for (ExecutorService worker : workers) {
            worker.shutdown();
        }
    }

    private static final class Worker extends Thread {
        private final WorkerLanes lanes;

        Worker(WorkerLanes lanes, Runnable events, String name) {
            super(events, name);
            this.lanes = lanes;
        }
    }
}
