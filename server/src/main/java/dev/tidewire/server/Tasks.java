package dev.tidewire.server;

import dev.tidewire.server.TaskOutcome.Failed;
import dev.tidewire.server.TaskOutcome.Finished;
import dev.tidewire.server.TaskOutcome.Refused;
import dev.tidewire.server.TaskOutcome.TimedOut;
import dev.tidewire.server.internal.dispatch.TaskQueue;
import dev.tidewire.server.options.ServerOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of a server that has a TASK handler.
 *
 * <p>Threads: any.
 */
final class Tasks {
    private static final String OVERFLOWED = "limit.maxQueuedTasks";

    private final Server server;
    private final TaskHandler<Server> task;
    private final @Nullable FinishHandler<Server> finish;
    private final TaskQueue<Run> queue;
    private final AtomicLong lastId = new AtomicLong();

    Tasks(Server server, ServerOptions options, TaskHandler<Server> task, @Nullable FinishHandler<Server> finish) {
        this.server = server;
        this.task = task;
        this.finish = finish;
        queue = new TaskQueue<>(options.taskWorkers(), options.maxQueuedTasks());
    }

    /** Has the task run, and FINISH called; null when it is refused. */
    @Nullable
    Task submit(Object data) {
        Run run = new Run(data, null);
        return isTaken(run) ? run.task : null;
    }

    /** Has the task run, without FINISH. */
    Awaited begin(Object data) {
        CompletableFuture<TaskOutcome> outcome = new CompletableFuture<>();
        Run run = new Run(data, outcome);
        if (!isTaken(run)) outcome.complete(new Refused());
        return new Awaited(run.task.id(), outcome);
    }

    private boolean isTaken(Run run) {
        if (queue.offer(run)) return true;
        if (!queue.isAbandoned()) server.count(OVERFLOWED);
        return false;
    }

    /** True inside a task, and its FINISH. */
    boolean runHere() {
        return queue.runsHere();
    }

    TaskQueue.Load load() {
        return queue.load();
    }

    /** Waits for all tasks, and gives up those that are not done in time: what waits never runs, what runs is interrupted. */
    Drained drain(long nanos) throws InterruptedException {
        TaskQueue.Load before = queue.load();
        queue.awaitIdle(nanos);
        TaskQueue.Load left = queue.load();
        for (Run run : queue.abandon()) {
            run.abandoned();
        }
        return new Drained(before.waiting() + before.running(), left.waiting() + left.running());
    }

    /**
     * How the tasks came to their end.
     *
     * @param found were there when it began
     * @param abandoned were given up
     */
    record Drained(int found, int abandoned) {}

    /** A task that somebody waits for. */
    record Awaited(long taskId, CompletableFuture<TaskOutcome> outcome) {
        TaskOutcome await(long deadline) throws InterruptedException {
            try {
                return outcome.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                return new TimedOut(taskId);
            } catch (ExecutionException e) {
                throw new AssertionError("the outcome is never a failure of the future", e);
            }
        }

        static List<TaskOutcome> awaitAll(List<Awaited> tasks, long deadline) throws InterruptedException {
            TaskOutcome[] outcomes = new TaskOutcome[tasks.size()];
            for (int i = 0; i < outcomes.length; i++) {
                outcomes[i] = tasks.get(i).await(deadline);
            }
            return List.of(outcomes);
        }
    }

    /** One task on its way through the queue. */
    private final class Run implements Runnable {
        private final Task task;
        private final @Nullable CompletableFuture<TaskOutcome> awaited;

        Run(Object data, @Nullable CompletableFuture<TaskOutcome> awaited) {
            this.task = new Task(lastId.incrementAndGet(), data);
            this.awaited = awaited;
        }

        @Override
        public void run() {
            Throwable thrown = server.run(Server.TASK, () -> Tasks.this.task.handle(server, task));
            Thread.interrupted(); // what the handler left behind is no business of FINISH
            if (awaited != null) {
                awaited.complete(
                        thrown == null ? new Finished(task.id(), task.result()) : new Failed(task.id(), thrown));
            } else if (thrown == null && finish != null) {
                FinishHandler<Server> handler = finish;
                task.result()
                        .ifPresent(
                                result -> server.run(Server.FINISH, () -> handler.handle(server, task.id(), result)));
            }
        }

        void abandoned() {
            if (awaited != null) awaited.complete(new Refused());
        }
    }
}
