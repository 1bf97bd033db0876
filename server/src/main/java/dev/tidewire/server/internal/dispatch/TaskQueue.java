package dev.tidewire.server.internal.dispatch;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Runs work on virtual threads, so much at a time. So much more may wait, in the order it came, and what comes on top is refused.
 *
 * <p>Threads: any. The monitor guards everything and is never held while work runs.
 */
public final class TaskQueue<W extends Runnable> {
    private static final ThreadFactory THREADS =
            Thread.ofVirtual().name("tidewire-task").factory();

    private final int maxRunning;
    private final int maxWaiting;
    private final ArrayDeque<W> waiting = new ArrayDeque<>();
    private final Set<Thread> running = new HashSet<>();
    private long accepted;
    private boolean abandoned;

    /** An empty queue; both at least 1. */
    public TaskQueue(int maxRunning, int maxWaiting) {
        this.maxRunning = maxRunning;
        this.maxWaiting = maxWaiting;
    }

    /** True inside work that this runs. */
    public synchronized boolean runsHere() {
        return running.contains(Thread.currentThread());
    }

    /** Runs the work now or later, or says no: there is too much already, or the queue was {@link #abandon abandoned}. */
    public synchronized boolean offer(W work) {
        if (abandoned) return false;
        if (running.size() < maxRunning) {
            Thread thread = THREADS.newThread(() -> runAll(work));
            running.add(thread);
            thread.start();
        } else if (waiting.size() < maxWaiting) {
            waiting.add(work);
        } else {
            return false;
        }
        accepted++;
        return true;
    }

    /** True once it was {@link #abandon abandoned}. */
    public synchronized boolean isAbandoned() {
        return abandoned;
    }

    /** How much waits and runs, and how much was ever accepted. */
    public synchronized Load load() {
        return new Load(waiting.size(), running.size(), accepted);
    }

    /** Waits until nothing waits or runs; false when something still does after {@code nanos}. */
    public synchronized boolean awaitIdle(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        while (!running.isEmpty()) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) return false;
            wait(millis);
        }
        return true;
    }

    /**
     * Takes no more, and interrupts what runs.
     *
     * @return what waited, and now never runs
     */
    public synchronized List<W> abandon() {
        abandoned = true;
        running.forEach(Thread::interrupt);
        List<W> never = List.copyOf(waiting);
        waiting.clear();
        return never;
    }

    private void runAll(W first) {
        for (W work = first; work != null; work = next()) {
            ThreadRoot.run(work, "task_failed");
            Thread.interrupted(); // no business of the next one
        }
    }

    private synchronized @Nullable W next() {
        W next = waiting.poll();
        if (next == null) {
            running.remove(Thread.currentThread());
            if (running.isEmpty()) notifyAll();
        }
        return next;
    }

    /**
     * How much there is of it.
     *
     * @param waiting  not begun
     * @param running  begun and not done
     * @param accepted ever
     */
    public record Load(int waiting, int running, long accepted) {
        /** Of a queue that is not there. */
        public static final Load NONE = new Load(0, 0, 0);
    }
}
