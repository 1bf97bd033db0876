package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A process that does not outlive this one, however that ends. */
final class Child implements AutoCloseable {
    private static final Duration ENDING = Duration.ofSeconds(3);

    private final Process process;
    private final Thread endWithUs;

    private Child(Process process, Thread endWithUs) {
        this.process = process;
        this.endWithUs = endWithUs;
    }

    /**
     * Starts it.
     *
     * @throws InterruptedException when this process ends already, and nothing is started
     */
    static Child start(ProcessBuilder builder) throws IOException, InterruptedException {
        CompletableFuture<Process> started = new CompletableFuture<>();
        // There first, and waiting for the process: an end of this one that comes in between must not miss it.
        Thread endWithUs = new Thread(
                () -> started.thenAccept(Child::end).exceptionally(_ -> null).join());
        try {
            Runtime.getRuntime().addShutdownHook(endWithUs);
        } catch (IllegalStateException e) {
            throw ending();
        }
        try {
            Process process = builder.start();
            started.complete(process);
            return new Child(process, endWithUs);
        } catch (IOException | RuntimeException | Error e) {
            started.completeExceptionally(e);
            forget(endWithUs);
            throw e;
        }
    }

    /** Throws when this process ends: what goes wrong then is nobody's failure. */
    static void requireNotEnding() throws InterruptedException {
        Thread nothing = new Thread();
        try {
            Runtime.getRuntime().addShutdownHook(nothing);
        } catch (IllegalStateException e) {
            throw ending();
        }
        forget(nothing);
    }

    private static InterruptedException ending() {
        return new InterruptedException("this process ends");
    }

    Process process() {
        return process;
    }

    @Override
    public void close() {
        end(process);
        forget(endWithUs);
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // it runs already
        }
    }

    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(ENDING)) process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
