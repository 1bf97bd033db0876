package dev.tidewire.server.internal.dispatch;

import static java.lang.System.Logger.Level.WARNING;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs lanes on virtual threads, one after another on the same thread until one of them blocks: a thread for each would cost more than
 * most handlers do.
 *
 * <p>While lanes wait, one more thread is started. It begins when a carrier is free, be it that there is another one or that a lane
 * has blocked, and goes on with those that wait. So no lane waits for another that blocks.
 *
 * <p>A thread that has had its {@link #SLICE} steps aside, and so does one that was started in it, while threads that event loops
 * have started, of these or others of their kind, have not begun. A carrier takes threads from one queue as long as there are some, and
 * looks at another, such as that of an event loop, only then: threads that are always ready would keep out all others, also if they
 * yielded.
 *
 * <p>Threads: any.
 */
final class HandlerThreads {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    /** After so much, in nanoseconds, others get the carrier when the lane is done. To step aside takes some 0.06 ms. */
    private static final long SLICE = MILLISECONDS.toNanos(2);
    /** For so long, in nanoseconds, a thread steps aside while others have not begun. */
    private static final long STEP = MILLISECONDS.toNanos(1);
    /** How often at most. */
    private static final int MOST_STEPS = 100;

    /** Threads that were started and have not begun, but for those that another one started. */
    private static final AtomicInteger NEW = new AtomicInteger();

    private final ThreadFactory threads;
    private final Executor start;
    private final Runnable startIfNeeded = this::startIfNeeded;
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
        if (!claim()) return;
        boolean taken = false;
        try {
            start.execute(startIfNeeded);
            taken = true;
        } finally {
            if (!taken) coming.set(false); // or nobody would ever try again
        }
    }

    /** The same for a lane that calls this at its end: the thread that it ran on goes on with those that wait. */
    void runNext(Runnable lane) {
        waiting.add(lane);
    }

    /** Those that run may have taken everything meanwhile. */
    private void startIfNeeded() {
        coming.set(false);
        if (waiting.isEmpty()) return;
        NEW.incrementAndGet();
        boolean started = false;
        try {
            started = startOne(this::begin);
        } finally {
            if (!started) NEW.decrementAndGet();
        }
    }

    private boolean startOne(Runnable thread) {
        if (!claim()) return false;
        boolean started = false;
        try {
            threads.newThread(thread).start();
            started = true;
        } finally {
            if (!started) coming.set(false); // or nobody would ever try again
        }
        return true;
    }

    private boolean claim() {
        return !coming.get() && coming.compareAndSet(false, true);
    }

    private void begin() {
        NEW.decrementAndGet();
        coming.set(false); // before the first look: whoever adds after the last one starts another thread
        runWaiting(System.nanoTime());
    }

    /** Begins in the slice that began at {@code since}, with what is left of it. */
    private void beginWithin(long since) {
        long slice;
        try {
            slice = sliceAfter(since);
        } finally {
            coming.set(false); // as above
        }
        runWaiting(slice);
    }

    private void runWaiting(long since) {
        long slice = since;
        for (Runnable lane = waiting.poll(); lane != null; lane = waiting.poll()) {
            if (!waiting.isEmpty()) startAnother(slice);
            lane.run();
            Thread.interrupted(); // no business of the next one
            if (!waiting.isEmpty()) slice = sliceAfter(slice);
        }
    }

    /** When the slice began that its thread is in now; if one is over, when others have begun. */
    private static long sliceAfter(long since) {
        if (System.nanoTime() - since < SLICE) return since;
        LockSupport.parkNanos(1);
        for (int steps = 0; NEW.get() > 0 && steps < MOST_STEPS; steps++) LockSupport.parkNanos(STEP);
        return System.nanoTime();
    }

    private void startAnother(long slice) {
        try {
            startOne(() -> beginWithin(slice));
        } catch (OutOfMemoryError noThread) {
            LOG.log(WARNING, "event=handler_thread_failed cause=" + noThread);
        }
    }
}
