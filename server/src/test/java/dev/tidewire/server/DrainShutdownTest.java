package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.settled;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code shutdown(Duration)}, step by step. */
@ExtendWith(NoLeaks.class)
@Timeout(60)
class DrainShutdownTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @Test
    void connectionsAreToldToGoInBatches() {
        Duration hour = Duration.ofHours(1);
        WebSocketServer server =
                started(echo(local().shutdownBatch(2).shutdownInterval(hour).build()));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            clients.add(open(server));
        }
        // Twelve batches fit into the first half, so two at a time are enough, and the second batch is an hour away.
        Thread end = Thread.startVirtualThread(() -> server.shutdown(hour.multipliedBy(24)));
        until(() -> !server.isReady());
        for (RawClient told : clients.subList(0, 2)) {
            told.expectClose(1001);
            seeOut(told.sendClose(1001));
        }
        for (RawClient spared : clients.subList(2, 5)) {
            spared.sendMessage("go on").expectText("go on");
            spared.close();
        }
        join(end);
        assertThat(server.connections().count()).isZero();
    }

    @Test
    void allAreToldWithinTheTimeHoweverSmallTheBatch() {
        WebSocketServer server = started(echo(
                local().shutdownBatch(1).shutdownInterval(Duration.ofMillis(1)).build()));
        try (RawClient one = open(server);
                RawClient two = open(server);
                RawClient three = open(server)) {
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            for (RawClient client : List.of(one, two, three)) {
                client.expectClose(1001);
                seeOut(client.sendClose(1001));
            }
            join(end);
            assertThat(server.counters()).containsEntry("shutdown.told", 3L).containsEntry("shutdown.ended", 3L);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1001, 1012})
    void theCodeIsAnOption(int code) {
        WebSocketServer server = started(echo(local().shutdownCode(code).build()));
        try (RawClient client = open(server)) {
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            client.expectClose(code);
            seeOut(client.sendClose(code));
            join(end);
        }
    }

    @Test
    void noOtherCodeIsTaken() {
        assertThatThrownBy(() -> local().shutdownCode(1000))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("shutdownCode must be 1001 or 1012, was 1000");
    }

    @Test
    void itIsReadyFromItsStartToItsEnd() throws InterruptedException {
        WebSocketServer server = echo(local().build());
        assertThat(server.isReady()).isFalse();
        server.start();
        assertThat(server.isReady()).isTrue();
        try (RawClient client = open(server)) {
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            client.expectClose(1001);
            assertThat(server.isReady()).isFalse();
            seeOut(client.sendClose(1001));
            join(end);
        }
        server.awaitShutdown();
        assertThat(server.isReady()).isFalse();
    }

    /** Even those whose turn comes after the close frame had to be said over a busy handler's head. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noMessageThatWasReadIsLostBeforeItsHandlerRan(boolean virtual) {
        BlockingQueue<String> handled = new LinkedBlockingQueue<>();
        CountDownLatch release = new CountDownLatch(1);
        ServerOptions options = local().dispatch(virtual ? Dispatch.VIRTUAL : Dispatch.workers(1))
                .closeTimeout(Duration.ofMillis(100))
                .build();
        WebSocketServer server = started(new WebSocketServer(options)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    if (frame.text().equals("0")) {
                        handled.add("busy");
                        await(release);
                    }
                    handled.add(frame.text() + " " + (ws.push(frame.fd(), "answer") == SendResult.CLOSED));
                })
                .on(WebSocketServer.CLOSE, (ws, close) -> handled.add("close " + close.code())));
        try (RawClient client = open(server)) {
            client.send(together(
                    client.frame(1, true, ascii("0")),
                    client.frame(1, true, ascii("1")),
                    client.frame(1, true, ascii("2"))));
            assertThat(take(handled)).isEqualTo("busy");
            until(() -> server.stats().requestCount() == 4);
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            client.expectClose(1001);
            seeOut(client.sendClose(1001));
            release.countDown();
            join(end);

            assertThat(handled).containsExactly("0 true", "1 true", "2 true", "close 1001");
        }
    }

    @Test
    void theClosingHandlerRunsBeforeAnAnswerToACloseThatCameMeanwhile() {
        BlockingQueue<Object> told = new LinkedBlockingQueue<>();
        CountDownLatch release = new CountDownLatch(1);
        WebSocketServer server = started(new WebSocketServer(local().build())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    told.add("busy");
                    await(release);
                })
                .on(WebSocketServer.CLOSING, (ws, close) -> {
                    settled(() -> ws.isEstablished(close.fd()) ? 1 : 0);
                    told.add(ws.push(close.fd(), "last"));
                }));
        try (RawClient client = open(server)) {
            client.sendMessage("work");
            assertThat(take(told)).isEqualTo("busy");
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            settled(() -> server.stats().requestCount());
            client.sendClose(1000);
            settled(() -> server.stats().requestCount());
            release.countDown();

            assertThat(take(told)).isEqualTo(SendResult.SENT);
            client.expectText("last");
            client.expectClose(1000);
            seeOut(client);
            join(end);
        }
    }

    @Test
    void whatARawConnectionSentIsHandledAndAnsweredBeforeItEnds() {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Server server = started(new Server(local().build()).on(Server.RECEIVE, (tcp, fd, data) -> {
            entered.countDown();
            await(release);
            tcp.send(fd, data);
        }));
        try (RawClient client = connect(server)) {
            client.sendText("last order");
            await(entered);
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            until(() -> !server.isReady());
            release.countDown();

            assertThat(client.read(10)).isEqualTo(ascii("last order"));
            seeOut(client);
            join(end);
        }
    }

    @Test
    void zeroCutsOffAtOnce() {
        WebSocketServer server = started(echo(local().build()));
        try (RawClient client = open(server)) {
            server.shutdown(Duration.ZERO);

            assertThat(server.connections().count()).isZero();
            assertThat(server.counters()).containsEntry("shutdown.aborted", 1L);
            client.readToEnd();
        }
    }

    @Test
    void whileTheEndIsDelayedItIsNotReadyButServesWhoeverComes() {
        WebSocketServer server =
                started(echo(local().shutdownDelay(Duration.ofHours(1)).build()));
        try (LogLines log = new LogLines("dev.tidewire.server")) {
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            assertThat(log.next("event=shutdown step=begin"))
                    .endsWith("timeout_ms=20000 code=1001 staggered=true delay_ms=3600000");
            assertThat(server.isReady()).isFalse();
            try (RawClient late = open(server)) {
                late.sendMessage("still here").expectText("still here");

                Thread now = Thread.startVirtualThread(() -> server.shutdown(Duration.ZERO));
                late.expectClose(1001);
                seeOut(late.sendClose(1001));
                join(now);
                join(end);
            }
            assertThat(log.next()).matches("event=shutdown step=delayed took_ms=\\d+ cut_short=true accepted=1");
            assertThat(log.next()).isEqualTo("event=shutdown step=accept_stopped");
            assertThat(server.counters()).containsEntry("shutdown.accepted", 1L).containsEntry("shutdown.told", 1L);
        }
    }

    @Test
    void aDelayEndsByItselfAndTheTimeOfTheEndBeginsBehindIt() {
        Duration delay = Duration.ofMillis(50);
        WebSocketServer server = started(echo(local().shutdownDelay(delay).build()));
        try (LogLines log = new LogLines("dev.tidewire.server");
                RawClient client = open(server)) {
            long begun = System.nanoTime();
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            client.expectClose(1001);
            assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(delay.toNanos());
            seeOut(client.sendClose(1001));
            join(end);

            assertThat(log.next("event=shutdown step=delayed")).endsWith("cut_short=false accepted=0");
            assertThat(server.counters()).containsEntry("shutdown.ended", 1L);
        }
    }

    @Test
    void anEndThatCutsEverythingOffIsNotDelayed() {
        WebSocketServer server =
                started(echo(local().shutdownDelay(Duration.ofHours(1)).build()));

        server.shutdown(Duration.ZERO);

        assertThat(server.isReady()).isFalse();
    }

    @Test
    void negativeTimesAreRefused() {
        try (WebSocketServer server = started(echo(local().build()))) {
            assertThatThrownBy(() -> server.shutdown(Duration.ofMillis(-1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("PT-0.001S");
            assertThat(server.isReady()).isTrue();
        }
    }

    @Test
    void eachStepIsOneLine() {
        WebSocketServer server = started(echo(local().build()).on(WebSocketServer.TASK, (ws, task) -> {}));
        try (LogLines log = new LogLines("dev.tidewire.server");
                RawClient client = open(server)) {
            Thread end = Thread.startVirtualThread(() -> server.shutdown(LONG));
            client.expectClose(1001);
            seeOut(client.sendClose(1001));
            join(end);

            assertThat(log.next())
                    .isEqualTo("event=shutdown step=begin connections=1 timeout_ms=20000 code=1001 staggered=true"
                            + " delay_ms=0");
            assertThat(log.next()).isEqualTo("event=shutdown step=accept_stopped");
            assertThat(log.next()).startsWith("event=shutdown step=connections_told told=1 batches=1 took_ms=");
            assertThat(log.next()).isEqualTo("event=shutdown step=connections_ended ended=1 left=0");
            assertThat(log.next()).isEqualTo("event=shutdown step=tasks_ended found=0 abandoned=0");
            assertThat(log.next()).isEqualTo("event=stopped");
            assertThat(log.isEmpty()).isTrue();
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
