package dev.tidewire.server.internal.dispatch;

import static java.lang.System.Logger.Level.WARNING;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs lanes on virtual threads, one after another on the same thread until one of them blocks: a thread for each would cost more than
 * most handlers do.
 *
 * <p>While lanes wait, one more thread is started. It begins when a carrier is free, be it that there is another one or that a lane
 * has blocked, and goes on with those that wait. So no lane waits for another that blocks.
 *
 * <p>Threads: any.
 */
final class HandlerThreads {
    private static final System.Logger LOG = System.getLogger(HandlerThreads.class.getName());

    private final ThreadFactory threads;
    private final Executor start;
    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
    /** True from the start of a thread until it begins. */
    private final AtomicBoolean coming = new AtomicBoolean();

    /** @param start runs what starts a thread, at once or soon; see {@link Lanes#ofLoop} */
    HandlerThreads(ThreadFactory threads, Executor start) {
        this.threads = threads;
        this.start = start;
    }

    /** Runs {@code lane}, which does not throw, as soon as there is a carrier for it. */
    void run(Runnable lane) {
        waiting.add(lane);
        if (claim()) start.execute(this::startIfNeeded);
    }

    /** Those that run may have taken everything meanwhile. */
    private void startIfNeeded() {
        coming.set(false);
        if (!waiting.isEmpty()) startOne();
    }

    private void startOne() {
        if (!claim()) return;
        boolean started = false;
        try {
            threads.newThread(this::runWaiting).start();
            started = true;
        } finally {
            if (!started) coming.set(false); // or nobody would ever try again
        }
    }

    private boolean claim() {
        return !coming.get() && coming.compareAndSet(false, true);
    }

    private void runWaiting() {
        coming.set(false); // before the first look: whoever adds after the last one starts another thread
        for (Runnable lane = waiting.poll(); lane != null; lane = waiting.poll()) {
            if (!waiting.isEmpty()) startAnother();
            lane.run();
            Thread.interrupted(); // no business of the next one
        }
    }

    private void startAnother() {
        try {
            startOne();
        } catch (OutOfMemoryError noThread) {
            LOG.log(WARNING, "event=handler_thread_failed cause=" + noThread);
        }
    }
}
