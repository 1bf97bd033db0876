package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.TaskOutcome.Failed;
import dev.tidewire.server.TaskOutcome.Finished;
import dev.tidewire.server.TaskOutcome.Refused;
import dev.tidewire.server.TaskOutcome.TimedOut;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
@Timeout(30)
class TaskTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final CountDownLatch release = new CountDownLatch(1);

    /** Does what the task says. */
    private void work(Task task) throws Exception {
        switch (task.data(String.class)) {
            case "fail" -> throw new IllegalStateException("as told");
            case "nothing" -> {}
            case "wait" -> {
                heard.add("waiting");
                release.await();
            }
            case String text -> task.finish(text.length());
        }
    }

    private WebSocketServer working(ServerOptions.Builder options) {
        return started(echo(options.build())
                .on(WebSocketServer.TASK, (ws, task) -> work(task))
                .on(WebSocketServer.FINISH, (ws, id, result) -> heard.add("finish " + id + " " + result))
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> heard.add("error " + fd + " " + cause.getMessage())));
    }

    @Test
    void theResultOfATaskReachesFinishWithTheTasksId() {
        try (WebSocketServer server = working(local())) {
            assertThat(server.task("four")).hasValue(1);
            assertThat(take(heard)).isEqualTo("finish 1 4");
            assertThat(server.task("fives")).hasValue(2);
            assertThat(take(heard)).isEqualTo("finish 2 5");
        }
    }

    @Test
    void aTaskWithoutAResultHasNoFinish() {
        try (WebSocketServer server = working(local().taskWorkers(1))) {
            server.task("nothing");
            server.task("four");

            assertThat(take(heard)).isEqualTo("finish 2 4");
        }
    }

    @Test
    void aTaskThatFailsIsToldToError() {
        try (WebSocketServer server = working(local().taskWorkers(1))) {
            server.task("fail");
            server.task("four");

            assertThat(take(heard)).isEqualTo("error 0 as told");
            assertThat(take(heard)).isEqualTo("finish 2 4");
        }
    }

    @InEveryDispatch
    void aHandlerMayHandOverATaskThatAnswersLater(Dispatch dispatch) {
        record Job(long fd, String text) {}
        try (WebSocketServer server = started(new WebSocketServer(local(dispatch))
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.task(new Job(frame.fd(), frame.text())))
                        .on(WebSocketServer.TASK, (ws, task) -> task.finish(task.data(Job.class)))
                        .on(WebSocketServer.FINISH, (ws, id, result) -> {
                            Job done = (Job) result;
                            ws.push(done.fd(), "done: " + done.text());
                        }));
                RawClient client = open(server)) {
            client.sendMessage("work").expectText("done: work");
        }
    }

    @Test
    void taskWaitReturnsWhatBecameOfTheTask() throws InterruptedException {
        try (WebSocketServer server = working(local())) {
            assertThat(server.taskWait("four", PATIENCE)).isEqualTo(new Finished(1, Optional.of(4)));
            assertThat(server.taskWait("nothing", PATIENCE)).isEqualTo(new Finished(2, Optional.empty()));
            assertThat(server.taskWait("fail", PATIENCE))
                    .isInstanceOfSatisfying(
                            Failed.class, failed -> assertThat(failed.cause()).hasMessage("as told"));
            assertThat(server.taskWait("wait", Duration.ofMillis(20))).isEqualTo(new TimedOut(4));
            assertThat(heard).containsExactly("error 0 as told", "waiting");
            release.countDown();
        }
    }

    @Test
    void taskWaitMultiKeepsTheOrder() throws InterruptedException {
        try (WebSocketServer server = working(local())) {
            assertThat(server.taskWaitMulti(List.of("four", "nothing", "fives"), PATIENCE))
                    .containsExactly(
                            new Finished(1, Optional.of(4)),
                            new Finished(2, Optional.empty()),
                            new Finished(3, Optional.of(5)));
        }
    }

    @Test
    void oneTaskMoreThanMayWaitIsRefusedAndCounted() throws InterruptedException {
        try (WebSocketServer server = working(local().taskWorkers(1).maxQueuedTasks(2))) {
            server.task("wait");
            assertThat(take(heard)).isEqualTo("waiting");
            assertThat(server.task("a")).isPresent();
            assertThat(server.task("bb")).isPresent();
            assertThat(server.counters()).isEmpty();

            assertThat(server.task("ccc")).isEmpty();
            assertThat(server.taskWait("ccc", PATIENCE)).isEqualTo(new Refused());
            assertThat(server.counters()).containsEntry("limit.maxQueuedTasks", 2L);
            ServerStats stats = server.stats();
            assertThat(List.of(
                            stats.taskWorkerNum(), stats.taskIdleWorkerNum(), stats.taskQueueNum(), stats.taskingNum()))
                    .containsExactly(1, 0, 2, 1);
            assertThat(stats.taskCount()).isEqualTo(3);

            release.countDown();
            assertThat(take(heard)).startsWith("finish").endsWith(" 1");
            assertThat(take(heard)).startsWith("finish").endsWith(" 2");
        }
    }

    @Test
    void theEventLoopMustNotWaitForATask() {
        BlockingQueue<String> failures = new LinkedBlockingQueue<>();
        try (WebSocketServer server = started(new WebSocketServer(local(Dispatch.EVENT_LOOP))
                        .on(WebSocketServer.TASK, (ws, task) -> {})
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.taskWait("now", PATIENCE))
                        .on(WebSocketServer.ERROR, (ws, fd, cause) -> failures.add(cause.getMessage())));
                RawClient client = open(server)) {
            client.sendMessage("wait");

            assertThat(take(failures)).contains("event loop");
        }
    }

    @Test
    void tasksNeedAHandlerAndAStartedServer() {
        WebSocketServer unstarted = echo(local().build()).on(WebSocketServer.TASK, (ws, task) -> {});
        assertThatThrownBy(() -> unstarted.task("x")).isInstanceOf(IllegalStateException.class);

        try (WebSocketServer server = started(echo(local().build()))) {
            assertThatThrownBy(() -> server.task("x"))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("event task");
        }
    }

    @Test
    void aTaskIsFinishedOnce() {
        Task task = new Task(7, "x");
        task.finish("first");

        assertThatThrownBy(() -> task.finish("second"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("task 7");
    }

    @Test
    void shutdownWaitsForTasksAndTheirFinish() {
        WebSocketServer server = working(local().taskWorkers(1));
        server.task("wait");
        server.task("four");
        assertThat(take(heard)).isEqualTo("waiting");
        Thread end = Thread.startVirtualThread(() -> server.shutdown(PATIENCE));
        until(() -> !server.isReady());
        release.countDown();

        assertThat(take(heard)).isEqualTo("finish 2 4");
        join(end);
        assertThat(server.task("late")).isEqualTo(OptionalLong.empty());
        assertThat(server.counters()).doesNotContainKey("limit.maxQueuedTasks");
    }

    @Test
    void anInterruptThatATaskLeavesBehindDoesNotReachFinish() {
        try (WebSocketServer server = started(echo(local().build())
                .on(WebSocketServer.TASK, (ws, task) -> {
                    task.finish("done");
                    Thread.currentThread().interrupt();
                })
                .on(
                        WebSocketServer.FINISH,
                        (ws, id, result) -> heard.add(
                                "interrupted " + Thread.currentThread().isInterrupted())))) {
            server.task("x");

            assertThat(take(heard)).isEqualTo("interrupted false");
        }
    }

    @Test
    void tasksThatAreNotDoneInTimeAreGivenUp() {
        CountDownLatch interrupted = new CountDownLatch(1);
        WebSocketServer server = started(echo(local().taskWorkers(1).build()).on(WebSocketServer.TASK, (ws, task) -> {
            heard.add("task " + task.id());
            try {
                release.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        }));
        server.task("runs");
        assertThat(take(heard)).isEqualTo("task 1");
        BlockingQueue<TaskOutcome> outcome = new LinkedBlockingQueue<>();
        Thread.startVirtualThread(() -> outcome.add(uninterrupted(server)));
        until(() -> server.stats().taskQueueNum() == 1);

        server.shutdown(Duration.ofMillis(50));

        await(interrupted);
        assertThat(take(outcome)).isEqualTo(new Refused());
        assertThat(server.counters())
                .containsEntry("shutdown.tasks_abandoned", 2L)
                .doesNotContainKey("limit.maxQueuedTasks");
        assertThat(heard).isEmpty();
    }

    private static TaskOutcome uninterrupted(WebSocketServer server) {
        try {
            return server.taskWait("waits", PATIENCE);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
