package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A load under way. The methods are called by one thread, not by a loop, in the order in which they stand here. */
public final class LoadRun implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final List<Worker> workers;
    private final Exchange exchange;
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();

    public LoadRun(Load load, Target target, Sockets sockets) {
        this.exchange = load.exchange();
        Worker.Setting setting = new Worker.Setting(sockets, target, exchange, failure);
        Load.Workers kind = load.workers();
        this.workers =
                sockets.loops().stream().map(loop -> kind.on(loop, setting)).toList();
    }

    /** Opens connections, and returns when they are open. */
    public void open(int connections) throws InterruptedException, TimeoutException {
        int first = connections % workers.size();
        int share = connections / workers.size();
        List<CompletableFuture<@Nullable Void>> opened = new ArrayList<>();
        for (Worker worker : workers) {
            int count = opened.isEmpty() ? share + first : share;
            opened.add(start(worker, () -> worker.open(count)));
        }
        await(CompletableFuture.allOf(opened.toArray(CompletableFuture[]::new)), "connections are not open");
    }

    /** Starts what the load is. */
    public void start() {
        workers.forEach(worker -> worker.loop().execute(worker::start));
    }

    /** Counts from here. */
    public void reset() throws InterruptedException, TimeoutException {
        onEach(worker -> worker.tally.reset());
    }

    /** What was counted up to now. */
    public Counted counted() throws InterruptedException, TimeoutException {
        Tally sum = new Tally();
        onEach(worker -> worker.tally.addTo(sum)); // one after another
        return sum.counted();
    }

    /** Starts nothing new and waits for what is under way; false when it did not come within {@code patience}. */
    public boolean stop(Duration patience) throws InterruptedException, TimeoutException {
        onEach(Worker::stop);
        long end = System.nanoTime() + patience.toNanos();
        while (!isQuiet()) {
            if (System.nanoTime() > end) return false;
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return true;
    }

    /** The first thing that went wrong. */
    public Optional<String> failure() {
        return Optional.ofNullable(failure.get());
    }

    /** Ends the connections. */
    @Override
    public void close() throws InterruptedException, TimeoutException {
        for (Worker worker : workers) {
            await(start(worker, worker::dropAll), "connections do not end");
            worker.release();
        }
        exchange.release();
    }

    private boolean isQuiet() throws InterruptedException, TimeoutException {
        boolean quiet = true;
        for (Worker worker : workers) {
            quiet &= await(call(worker.loop(), worker::isQuiet), "a loop does not answer");
        }
        return quiet;
    }

    private void onEach(Consumer<Worker> step) throws InterruptedException, TimeoutException {
        for (Worker worker : workers) {
            await(CompletableFuture.runAsync(() -> step.accept(worker), worker.loop()), "a loop does not answer");
        }
    }

    private static CompletableFuture<@Nullable Void> start(
            Worker worker, java.util.function.Supplier<CompletableFuture<@Nullable Void>> step) {
        return CompletableFuture.supplyAsync(step, worker.loop()).thenCompose(ended -> ended);
    }

    private static <T> CompletableFuture<T> call(EventLoop loop, java.util.function.Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, loop);
    }

    private <T extends @Nullable Object> T await(CompletableFuture<T> future, String otherwise)
            throws InterruptedException, TimeoutException {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new TimeoutException(otherwise + " after " + PATIENCE.toSeconds() + " s: "
                    + failure().orElse("no reason known"));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
