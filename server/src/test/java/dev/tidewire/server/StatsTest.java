package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.CloseCount;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeaks.class)
@Timeout(30)
class StatsTest {
    @InEveryDispatch
    void everythingThatComesAndGoesIsCounted(Dispatch dispatch) {
        Instant before = Instant.now();
        try (WebSocketServer server = started(echo(local(dispatch)));
                RawClient client = open(server);
                RawClient other = open(server)) {
            client.sendMessage("one").expectText("one");
            client.sendMessage("two").expectText("two");
            client.sendClose(1000).expectClose(1000);
            seeOut(client);
            until(() -> server.stats().closeCount() == 1);
            // A client may have bytes before the loop that sent them hears that they were taken.
            until(() ->
                    server.stats().totalSendBytes() > 2 * 100 && server.stats().queuedBytes() == 0);

            ServerStats stats = server.stats();
            assertThat(stats.startTime()).isBetween(before.minusMillis(1), Instant.now());
            assertThat(stats.connectionNum()).isEqualTo(1);
            assertThat(stats.acceptCount()).isEqualTo(2);
            assertThat(stats.abortCount()).isZero();
            assertThat(stats.requestCount()).as("two requests, two messages").isEqualTo(4);
            assertThat(stats.responseCount()).as("two echoes").isEqualTo(2);
            assertThat(stats.totalRecvBytes()).isGreaterThan(2L * 100);
            assertThat(stats.minFd()).isEqualTo(stats.maxFd()).isEqualTo(2);
            assertThat(stats.closes()).containsExactly(new CloseCount("1000", Initiator.CLIENT, 1));
            other.sendMessage("still here").expectText("still here");
        }
    }

    @Test
    void aServerThatWasNotStartedHasNone() {
        WebSocketServer server = echo(local().build());

        assertThatThrownBy(server::stats).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aClosedServerStillTellsWhatItDid() {
        WebSocketServer server =
                started(echo(local().closeTimeout(Duration.ofMillis(100)).build()));
        try (RawClient client = open(server)) {
            server.close();

            assertThat(server.stats().acceptCount()).isEqualTo(1);
            assertThat(server.stats().closes()).containsExactly(new CloseCount("1001", Initiator.SERVER, 1));
            client.expectClose(1001);
        }
    }

    @Test
    void handlersAtWorkAreConcurrency() {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(2);
        try (WebSocketServer server =
                        started(new WebSocketServer(local().build()).on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            entered.countDown();
                            await(release);
                        }));
                RawClient one = open(server);
                RawClient two = open(server);
                RawClient idle = open(server)) {
            one.sendMessage("wait");
            two.sendMessage("wait");
            await(entered);

            assertThat(server.stats().concurrency()).isEqualTo(2);

            release.countDown();
            until(() -> server.stats().concurrency() == 0);
            assertThat(idle.localAddress()).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/nowhere, 404, refused.path, Origin: http://tidewire",
        "/chat, 403, refused.origin, Origin: http://elsewhere.example",
        "/chat, 426, refused.version, Sec-WebSocket-Version: 8",
        "/chat, 400, refused.malformed, Sec-WebSocket-Key: AA=="
    })
    void refusedHandshakesAreCountedByReason(String path, int status, String counter, String header) {
        try (WebSocketServer server = started(new WebSocketServer(local().build())
                        .route("/chat", chat -> chat.on(WebSocketServer.MESSAGE, (ws, frame) -> {})));
                RawClient client = connect(server)) {
            String name = header.substring(0, header.indexOf(':'));
            String request = "GET " + path + " HTTP/1.1\r\n"
                    + "Host: tidewire\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + without(name, "Sec-WebSocket-Version: 13\r\n")
                    + without(name, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                    + header + "\r\n\r\n";
            client.sendText(request);

            assertThat(client.readHttpResponse().status()).isEqualTo(status);
            assertThat(server.counters()).containsEntry(counter, 1L);
        }
    }

    private static String without(String name, String line) {
        return line.startsWith(name) ? "" : line;
    }

    @Test
    void anApplicationsRefusalIsCounted() {
        try (WebSocketServer server = started(echo(local().build())
                        .on(WebSocketServer.HANDSHAKE, (request, upgrade) -> upgrade.reject(401, "who are you?")));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));

            assertThat(client.readHttpResponse().status()).isEqualTo(401);
            assertThat(server.counters()).containsEntry("refused.application", 1L);
        }
    }

    @Test
    void limitsThatAreHitAreCountedByTheirOption() {
        try (WebSocketServer server = started(
                        echo(local().maxMessageBytes(5).maxRequestHeadBytes(200).build()));
                RawClient webSocket = open(server);
                RawClient http = connect(server)) {
            webSocket.sendMessage("five!").expectText("five!");
            assertThat(server.counters()).isEmpty();

            webSocket.sendMessage("sixsix").expectClose(1009);
            http.sendText("GET /" + "x".repeat(300) + " HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(http.readHttpResponse().status()).isEqualTo(414);
            assertThat(server.counters())
                    .containsEntry("limit.maxMessageBytes", 1L)
                    .containsEntry("limit.maxRequestHeadBytes", 1L);
        }
    }

    @Test
    void aLoopThatIsHeldUpShowsItsLag() {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (WebSocketServer server = started(new WebSocketServer(
                                local().dispatch(Dispatch.EVENT_LOOP).build())
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            entered.countDown();
                            await(release);
                        }));
                RawClient client = open(server)) {
            client.sendMessage("hold the loop");
            await(entered);

            until(() -> server.stats().loopLag().toMillis() > 150);
            release.countDown();
            until(() -> server.stats().loopLag().toMillis() < 150);
        }
    }
}
