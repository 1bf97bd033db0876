package dev.tidewire.benchmarks.load;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
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
    private Counted counted = new Tally().counted();

    /** Says what time it is, or what else belongs to a moment. */
    public interface Clock<T> {
        T read() throws IOException;
    }

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

    /** Counts from here. The clock is read where counting begins, on a loop: another thread would get its processor later. */
    public <T> T startCounting(Clock<T> clock) throws InterruptedException, TimeoutException {
        return onEach(worker -> worker.tally.reset(), clock);
    }

    /** Counts up to here, likewise. */
    public <T> T endCounting(Clock<T> clock) throws InterruptedException, TimeoutException {
        Tally sum = new Tally();
        T time = onEach(worker -> worker.tally.addTo(sum), clock);
        counted = sum.counted();
        return time;
    }

    /** What was counted between the two. */
    public Counted counted() {
        return counted;
    }

    /** Starts nothing new and waits for what is under way; false when it did not come within {@code patience}. */
    public boolean stop(Duration patience) throws InterruptedException, TimeoutException {
        onEach(Worker::stop, () -> true);
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
            quiet &= ask(worker, worker::isQuiet);
        }
        return quiet;
    }

    /** One after another; the clock is read with the last of them. */
    private <T> T onEach(Consumer<Worker> step, Clock<T> clock) throws InterruptedException, TimeoutException {
        for (Worker worker : workers.subList(0, workers.size() - 1)) {
            ask(worker, () -> {
                step.accept(worker);
                return true;
            });
        }
        Worker last = workers.getLast();
        return ask(last, () -> {
            step.accept(last);
            return clock.read();
        });
    }

    private <T> T ask(Worker worker, Callable<T> question) throws InterruptedException, TimeoutException {
        return await(worker.loop().submit(question), "a loop does not answer");
    }

    private static CompletableFuture<@Nullable Void> start(
            Worker worker, java.util.function.Supplier<CompletableFuture<@Nullable Void>> step) {
        return CompletableFuture.supplyAsync(step, worker.loop()).thenCompose(ended -> ended);
    }

    private <T extends @Nullable Object> T await(Future<T> future, String otherwise)
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
