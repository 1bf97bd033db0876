package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.Server.RECEIVE;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import dev.tidewire.testkit.RawResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How long connections live whose peers are silent, and how long at all. */
@ExtendWith(NoLeaks.class)
class LifeTest {
    private static final int CLOSE_FRAME = 8;
    private static final int PING = 9;
    private static final int PONG = 10;
    private static final Duration SHORT = Duration.ofMillis(60);
    /** For an answer of this test's, also on a machine that has other things to do. */
    private static final Duration AMPLE = Duration.ofMillis(300);

    private static final Duration LONG = Duration.ofSeconds(60);

    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void aSilentPeerIsPingedAndLivesAsLongAsItAnswers(Transport transport) {
        try (var server = started(echo(pinging(SHORT, LONG).transport(transport).build()));
                RawClient client = open(server)) {
            for (int i = 0; i < 4; i++) {
                expectPing(client);
                client.sendFrame(PONG, true, new byte[0]);
            }
            client.sendClose(1000).expectClose(1000);
        }
    }

    @OnEveryTransport
    void aPeerThatDoesNotAnswerIsGoneWith1006(Transport transport) {
        try (var server =
                        started(echo(pinging(SHORT, SHORT).transport(transport).build())
                                .on(CLOSE, (ws, close) -> closes.add(close)));
                RawClient client = open(server)) {
            expectPing(client);
            client.expectEnd();

            assertThat(summary(take(closes))).isEqualTo("1006 no sign of life SERVER unclean");
            assertThat(server.counters()).containsEntry("limit.pongTimeout", 1L);
        }
    }

    /** What waits for the end of an unfinished message does not wait for the peer. */
    @Test
    void aPeerIsPingedAndAnsweredWhileAMessageIsUnfinished() {
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        try (var server = started(listening(pinging(SHORT, AMPLE).build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.push(fd, "begun", Opcode.TEXT, false);
            assertThat(client.readFrame().text()).isEqualTo("begun");
            server.push(fd, new byte[100_000]); // waits
            for (int i = 0; i < 3; i++) {
                expectPing(client);
                client.sendFrame(PONG, true, new byte[0]);
            }
            client.sendFrame(PING, true, new byte[] {7});
            RawFrame answer = client.readFrame();
            while (answer.opcode() == PING) answer = client.readFrame();
            assertThat(answer.opcode()).isEqualTo(PONG);
            assertThat(answer.payload()).containsExactly(7);
        }
    }

    @Test
    void anyByteIsASignOfLifeAlsoOneOfAnUnfinishedFrame() {
        try (var server = started(echo(pinging(SHORT, LONG).build()));
                RawClient client = open(server)) {
            byte[] frame = client.frame(1, true, Fixture.ascii("ab"));
            for (byte part : frame) {
                expectPing(client);
                client.send(part);
            }
            RawFrame next = client.readFrame();
            while (next.opcode() == PING) next = client.readFrame();
            assertThat(next.text()).isEqualTo("ab");
        }
    }

    @Test
    void aPeerIsNotSilentWhileItIsNotRead() {
        CountDownLatch goOn = new CountDownLatch(1);
        var options = pinging(SHORT, AMPLE).maxPendingBytes(1).build();
        try (var server = started(new WebSocketServer(options).on(MESSAGE, (ws, frame) -> {
                    await(goOn);
                    ws.push(frame.fd(), frame.text());
                }));
                RawClient busy = open(server);
                RawClient watch = open(server)) {
            busy.sendMessage("1");
            for (Duration past = Duration.ZERO; past.compareTo(AMPLE.multipliedBy(2)) < 0; past = past.plus(SHORT)) {
                expectPing(watch);
                watch.sendFrame(PONG, true, new byte[0]);
            }
            goOn.countDown();

            busy.expectText("1");
        }
    }

    @Test
    void aLoopThatWasHeldUpReadsBeforeItTakesAPeerForDead() {
        var options =
                pinging(SHORT, AMPLE).dispatch(Dispatch.EVENT_LOOP).threads(1).build();
        try (var server = started(new WebSocketServer(options).on(MESSAGE, (ws, frame) -> {
                    LockSupport.parkNanos(AMPLE.toNanos() * 2);
                    ws.push(frame.fd(), frame.text());
                }));
                RawClient client = open(server);
                RawClient other = open(server)) {
            expectPing(client);
            other.sendMessage("hold it up");
            client.sendFrame(PONG, true, new byte[0]);
            expectPing(client);
            client.sendFrame(PONG, true, new byte[0]);

            client.sendMessage("here");
            RawFrame next = client.readFrame();
            while (next.opcode() == PING) next = client.readFrame();
            assertThat(next.text()).isEqualTo("here");
        }
    }

    @Test
    void aProtectedConnectionIsPingedAndNotEnded() {
        try (var server = started(echo(pinging(SHORT, SHORT).build()).on(CLOSE, (ws, close) -> closes.add(close)));
                RawClient client = open(server)) {
            long fd = server.connections().iterator().nextLong();
            assertThat(server.protect(fd, true)).isTrue();
            for (int i = 0; i < 4; i++) {
                expectPing(client);
            }
            assertThat(server.exists(fd)).isTrue();

            server.protect(fd, false);
            assertThat(take(closes).code()).isEqualTo(1006);
            assertThat(server.protect(fd, true)).isFalse();
        }
    }

    @Test
    void aTcpPeerThatIsSilentForTooLongIsClosed() {
        try (var server = started(new Server(local().heartbeatIdleTime(SHORT).build())
                        .on(RECEIVE, (tcp, fd, data) -> tcp.send(fd, data))
                        .on(Server.CLOSE, (tcp, close) -> closes.add(close)));
                RawClient client = connect(server)) {
            client.send((byte) 1);
            client.read(1);
            client.expectEof();
            client.close();

            assertThat(summary(take(closes))).isEqualTo("1000 SERVER clean");
            assertThat(server.counters()).containsEntry("limit.heartbeatIdleTime", 1L);
        }
    }

    @Test
    void whatGoesOutKeepsAConnectionFromBeingIdleButNotFromBeingSilent() {
        var options = local().maxIdleTime(Duration.ofMillis(300)).build();
        try (var server = started(new Server(options)
                        .on(RECEIVE, (tcp, fd, data) -> {})
                        .on(Server.CLOSE, (tcp, close) -> closes.add(close)));
                RawClient talkedTo = connect(server);
                RawClient left = connect(server)) {
            Fixture.until(() -> server.connections().count() == 2);
            long fd = server.connections().stream()
                    .filter(one ->
                            server.clientInfo(one).orElseThrow().remoteAddress().equals(talkedTo.localAddress()))
                    .findFirst()
                    .orElseThrow();
            Thread talker = Thread.ofVirtual().start(() -> {
                while (!Thread.interrupted()) {
                    server.send(fd, new byte[] {1});
                    LockSupport.parkNanos(10_000_000);
                }
            });
            left.expectEof();
            assertThat(server.exists(fd)).isTrue();

            talker.interrupt();
            talkedTo.readToEnd();
            assertThat(server.counters()).containsEntry("limit.maxIdleTime", 2L);
        }
    }

    @Test
    void aPeerThatTakesNothingIsIdle() {
        var options = local().maxIdleTime(SHORT)
                .closeTimeout(SHORT)
                .slowConsumer(SlowConsumer.DROP_NEWEST)
                .build();
        try (var server = started(new Server(options)
                        .on(RECEIVE, (tcp, fd, data) -> {
                            while (tcp.send(fd, new byte[1 << 16]) != SendResult.DROPPED) {
                                Thread.onSpinWait();
                            }
                        })
                        .on(Server.CLOSE, (tcp, close) -> closes.add(close)));
                RawClient client = connect(server)) {
            client.send((byte) 1);

            assertThat(take(closes).initiator()).isEqualTo(CloseEvent.Initiator.SERVER);
            assertThat(server.counters()).containsEntry("limit.maxIdleTime", 1L);
        }
    }

    @Test
    void aWebSocketThatHasLastedLongEnoughIsClosedWith1001() {
        try (var server =
                        started(echo(local().maxLifetime(SHORT).build()).on(CLOSE, (ws, close) -> closes.add(close)));
                RawClient client = open(server)) {
            assertThat(client.expectClose(1001).closeReason()).contains("lasted as long as it may");
            client.sendClose(1001);
            seeOut(client);

            assertThat(take(closes).clean()).isTrue();
            assertThat(server.counters()).containsEntry("limit.maxLifetime", 1L);
        }
    }

    @Test
    void anHttpConnectionOfThatAgeEndsBehindItsResponse() {
        BlockingQueue<HttpResponse> responses = new LinkedBlockingQueue<>();
        try (var server = started(new HttpServer(local().maxLifetime(SHORT).build())
                        .on(REQUEST, (request, response) -> responses.add(response)));
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            HttpResponse response = take(responses);
            Fixture.until(() -> server.counters().containsKey("limit.maxLifetime"));
            Fixture.until(() -> !server.close(1)); // the end has begun
            response.end("the last");

            RawResponse last = client.readHttpResponse();
            assertThat(last.text()).isEqualTo("the last");
            assertThat(last.header("Connection")).hasValue("close");
            seeOut(client);
        }
    }

    @Test
    void aRequestThatNobodyAnswersGets503() {
        BlockingQueue<HttpResponse> responses = new LinkedBlockingQueue<>();
        try (var server = started(new HttpServer(local().responseTimeout(SHORT).build())
                        .on(REQUEST, (request, response) -> responses.add(response)));
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /ahead HTTP/1.1\r\nHost: a\r\n\r\n");

            RawResponse response = client.readHttpResponse();
            assertThat(response.status()).isEqualTo(503);
            assertThat(response.header("Connection")).hasValue("close");
            seeOut(client);
            assertThat(server.counters()).containsEntry("limit.responseTimeout", 1L);
            assertThat(take(responses).status(200).header("a", "b").end("late")).isEqualTo(SendResult.CLOSED);
        }
    }

    @Test
    void aResponseInTimeIsNotCutOffLater() {
        try (var server = started(new HttpServer(
                                local().responseTimeout(Duration.ofMillis(300)).build())
                        .on(REQUEST, (request, response) -> response.end("ok")));
                RawClient client = connect(server)) {
            long end = System.nanoTime() + Duration.ofMillis(600).toNanos();
            while (System.nanoTime() < end) {
                client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                assertThat(client.readHttpResponse().text()).isEqualTo("ok");
            }
            assertThat(server.counters()).doesNotContainKey("limit.responseTimeout");
        }
    }

    @Test
    void aRouteHasAnIdleTimeOfItsOwnAndNobodyIsEndedBeforeIt() {
        var options = local().maxIdleTime(LONG).build();
        try (var server = started(echo(options).route("/", all -> {}).route("/own", own -> own.maxIdleTime(SHORT)));
                RawClient other = open(server);
                RawClient own = connect(server)) {
            long before = System.nanoTime();
            own.upgrade("/own");

            assertThat(own.expectClose(1001).closeReason()).contains("idle for too long");
            assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(SHORT.toNanos());
            assertThat(server.counters()).containsEntry("limit.maxIdleTime", 1L);
            other.sendMessage("here").expectText("here");
        }
    }

    @Test
    void aRouteMaySwitchOffWhatTheServerHas() {
        Duration enoughToConnectIn = Duration.ofMillis(1500);
        var options = pinging(SHORT, LONG)
                .heartbeatIdleTime(enoughToConnectIn)
                .maxIdleTime(enoughToConnectIn)
                .maxLifetime(enoughToConnectIn)
                .build();
        try (var server = started(echo(options).route("/", all -> {}).route("/forever", LifeTest::forever));
                RawClient spared = connect(server)) {
            spared.upgrade("/forever");
            try (RawClient cameLater = open(server)) {
                RawFrame next = cameLater.readFrame();
                while (next.opcode() == PING) next = cameLater.readFrame();
                assertThat(next.opcode()).isEqualTo(CLOSE_FRAME);
            }

            spared.sendMessage("here").expectText("here"); // and nothing before it, not even a ping
        }
    }

    @Test
    void aRouteMayPingAndEndWhereTheServerDoesNot() {
        var options = local().pingInterval(Duration.ZERO).build();
        try (var server = started(echo(options)
                        .on(CLOSE, (ws, close) -> closes.add(close))
                        .route("/pinged", pinged -> pinged.pingInterval(SHORT).pongTimeout(SHORT))
                        .route("/heard", heard -> heard.heartbeatIdleTime(SHORT))
                        .route("/aged", aged -> aged.maxLifetime(SHORT)));
                RawClient pinged = connect(server);
                RawClient heard = connect(server);
                RawClient aged = connect(server)) {
            pinged.upgrade("/pinged");
            expectPing(pinged);
            pinged.expectEnd();
            assertThat(take(closes).code()).isEqualTo(1006);
            heard.upgrade("/heard");
            heard.expectClose(1001);
            aged.upgrade("/aged");
            aged.expectClose(1001);

            assertThat(server.counters())
                    .containsEntry("limit.pongTimeout", 1L)
                    .containsEntry("limit.heartbeatIdleTime", 1L)
                    .containsEntry("limit.maxLifetime", 1L);
        }
    }

    private static void forever(Route route) {
        route.pingInterval(Duration.ZERO)
                .heartbeatIdleTime(Duration.ZERO)
                .maxIdleTime(Duration.ZERO)
                .maxLifetime(Duration.ZERO);
    }

    @Test
    void timesThatCannotBeAreRefusedWhenTheyAreSet() {
        var builder = local();
        var route = new Route();
        for (Consumer<Duration> setter : List.<Consumer<Duration>>of(
                route::pingInterval,
                route::pongTimeout,
                route::heartbeatIdleTime,
                route::maxIdleTime,
                route::maxLifetime,
                builder::pingInterval,
                builder::pongTimeout,
                builder::heartbeatIdleTime,
                builder::maxIdleTime,
                builder::maxLifetime,
                builder::responseTimeout)) {
            assertThatThrownBy(() -> setter.accept(Duration.ofMillis(-1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be positive, was PT-0.001S");
            assertThatThrownBy(() -> setter.accept(Duration.ofDays(366)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at most 365 days");
        }
        assertThatThrownBy(() -> builder.pongTimeout(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThat(builder.pingInterval(Duration.ZERO).build().pingInterval()).isZero();
    }

    private static ServerOptions.Builder pinging(Duration interval, Duration timeout) {
        return local().pingInterval(interval).pongTimeout(timeout);
    }

    private static void expectPing(RawClient client) {
        RawFrame frame = client.readFrame();
        assertThat(frame.opcode()).isEqualTo(PING);
        assertThat(frame.payload()).isEmpty();
    }
}
