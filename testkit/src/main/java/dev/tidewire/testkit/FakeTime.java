package dev.tidewire.testkit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A clock that stands still until it is told to go on, and an executor that lives by it: tasks run inside {@link #advance}, in the
 * order they are due, each at its time.
 *
 * <p>Threads: one.
 */
public final class FakeTime extends AbstractExecutorService implements ScheduledExecutorService {
    private final PriorityQueue<Task<?>> scheduled = new PriorityQueue<>(
            Comparator.<Task<?>>comparingLong(task -> task.due).thenComparingLong(task -> task.number));
    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private long nanos;
    private long number;
    private boolean shutdown;

    /** A clock that begins at this reading of {@link System#nanoTime}, which may be any number. */
    public FakeTime(long nanoTime) {
        nanos = nanoTime;
    }

    /** What the clock says, in place of {@link System#nanoTime}. */
    public long nanoTime() {
        return nanos;
    }

    /** Lets time go by, and runs what is due by then. */
    public void advance(Duration duration) {
        long end = nanos + duration.toNanos();
        runReady();
        for (Task<?> next = scheduled.peek(); next != null && next.due - end <= 0; next = scheduled.peek()) {
            scheduled.remove();
            if (next.due - nanos > 0) nanos = next.due;
            next.run();
            runReady();
        }
        nanos = end;
    }

    /** Lets time go by while nothing runs, as when a thread is held up; what was due meanwhile runs with the next {@link #advance}. */
    public void holdUp(Duration duration) {
        nanos += duration.toNanos();
    }

    /** How many tasks wait for their time. */
    public int scheduledTasks() {
        return scheduled.size();
    }

    @Override
    public void execute(Runnable command) {
        ready.add(command);
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return schedule(
                () -> {
                    command.run();
                    return null;
                },
                delay,
                unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        Task<V> task = new Task<>(callable, nanos + Math.max(0, unit.toNanos(delay)));
        scheduled.add(task);
        return task;
    }

    /**
     * Not supported.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException("schedule each task by itself");
    }

    /**
     * Not supported.
     *
     * @throws UnsupportedOperationException always
     */
    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("schedule each task by itself");
    }

    @Override
    public void shutdown() {
        shutdown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        List<Runnable> left = List.copyOf(ready);
        ready.clear();
        scheduled.clear();
        return left;
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && ready.isEmpty();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        runReady();
        return isTerminated();
    }

    private void runReady() {
        for (Runnable next = ready.poll(); next != null; next = ready.poll()) {
            next.run();
        }
    }

    private final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {
        private final long due;
        private final long number;

        Task(Callable<V> callable, long due) {
            super(callable);
            this.due = due;
            this.number = FakeTime.this.number++;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            scheduled.remove(this);
            return super.cancel(mayInterruptIfRunning);
        }
    }
}
