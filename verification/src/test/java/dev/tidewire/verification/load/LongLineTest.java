package dev.tidewire.verification.load;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static dev.tidewire.server.WebSocketServer.PONG;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import dev.tidewire.verification.NoLeaks;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Another host from which nothing comes back in less than 200 ms. */
@ExtendWith(NoLeaks.class)
class LongLineTest {
    private static final Duration ONE_WAY = Duration.ofMillis(100);
    private static final Duration ROUND_TRIP = ONE_WAY.multipliedBy(2);
    private static final Duration TOO_SHORT = Duration.ofMillis(20);

    private static FarHost far;

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> pongs = new LinkedBlockingQueue<>();
    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();

    @BeforeAll
    static void join() throws Exception {
        far = FarHost.join(ONE_WAY);
    }

    @AfterAll
    static void leave() throws Exception {
        if (far != null) far.close();
    }

    @Test
    void aConversationIsAsOnAShortOne() throws Exception {
        try (WebSocketServer server = started(options());
                RawClient client = open(server)) {
            long fd = take(fds);
            client.sendMessage("hello").expectText("hello");

            long asked = System.nanoTime();
            server.ping(fd, "there?".getBytes(UTF_8));
            answerPing(client);
            assertThat(take(pongs)).isEqualTo("there?");
            Duration took = Duration.ofNanos(System.nanoTime() - asked);

            System.out.printf("long line: a ping and its pong took %d ms%n", took.toMillis());
            assertThat(took).isGreaterThanOrEqualTo(ROUND_TRIP);
            client.sendClose(1000).expectClose(1000);
            client.expectEof();
            assertThat(take(closes)).isEqualTo(new CloseEvent(fd, 1000, "", Initiator.CLIENT, true));
        }
    }

    @Test
    void theServersClosingHandshakeWaitsForItsAnswer() throws Exception {
        try (WebSocketServer server = started(options());
                RawClient client = open(server)) {
            long fd = take(fds);
            server.disconnect(fd, 4001, "enough");

            client.expectClose(4001);
            client.sendClose(4001).expectEof();
            assertThat(take(closes)).isEqualTo(new CloseEvent(fd, 4001, "enough", Initiator.SERVER, true));
        }
    }

    @Test
    void aSlowAnswerToAPingIsAnAnswer() throws Exception {
        ServerOptions.Builder options =
                options().pingInterval(ONE_WAY.dividedBy(2)).pongTimeout(ROUND_TRIP.multipliedBy(10));
        try (WebSocketServer server = started(options);
                RawClient client = open(server)) {
            for (int i = 0; i < 4; i++) {
                answerPing(client);
                take(pongs);
            }

            assertThat(closes).isEmpty();
            assertThat(server.counters()).doesNotContainKey("limit.pongTimeout");
        }
    }

    @Test
    void anAnswerThatTakesLongerThanThePongTimeoutIsNone() throws Exception {
        ServerOptions.Builder options = options().pingInterval(ONE_WAY).pongTimeout(TOO_SHORT);
        try (WebSocketServer server = started(options);
                RawClient client = open(server)) {
            answerPing(client);

            assertThat(take(closes))
                    .isEqualTo(new CloseEvent(take(fds), 1006, "no sign of life", Initiator.SERVER, false));
            assertThat(server.counters()).containsEntry("limit.pongTimeout", 1L);
        }
    }

    @Test
    void aCloseTimeoutBelowTheRoundTripEndsItWithoutTheAnswer() throws Exception {
        try (WebSocketServer server = started(options().closeTimeout(TOO_SHORT));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.disconnect(fd, 4001, "enough");

            assertThat(take(closes)).isEqualTo(new CloseEvent(fd, 4001, "enough", Initiator.SERVER, false));
            assertThat(server.counters()).containsEntry("limit.closeTimeout", 1L);
            client.expectClose(4001); // which was on its way already
            client.expectEnd();
        }
    }

    @Test
    void aCloseTimeoutBelowTheRoundTripLeavesTheAnswerToTheClientWhole() throws Exception {
        try (WebSocketServer server = started(options().closeTimeout(TOO_SHORT));
                RawClient client = open(server)) {
            client.sendClose(1000).expectClose(1000);

            client.expectEof();
            assertThat(take(closes)).isEqualTo(new CloseEvent(take(fds), 1000, "", Initiator.CLIENT, true));
        }
    }

    private static ServerOptions.Builder options() {
        return ServerOptions.builder(far.here(), 0);
    }

    private WebSocketServer started(ServerOptions.Builder options) {
        WebSocketServer server = new WebSocketServer(options.build())
                .on(OPEN, (ws, request) -> fds.add(request.fd()))
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()))
                .on(PONG, (ws, frame) -> pongs.add(frame.text()))
                .on(CLOSE, (ws, close) -> closes.add(close));
        server.start();
        return server;
    }

    private static RawClient open(WebSocketServer server) throws Exception {
        RawClient client = far.connect(server.localAddress());
        client.upgrade();
        return client;
    }

    private static void answerPing(RawClient client) {
        RawFrame ping = client.readFrame();
        assertThat(ping.opcode()).isEqualTo(Opcode.PING.code());
        client.sendFrame(Opcode.PONG.code(), true, ping.payload());
    }

    private static <T> T take(BlockingQueue<T> queue) throws InterruptedException {
        T taken = queue.poll(10, TimeUnit.SECONDS);
        assertThat(taken).as("in time").isNotNull();
        return taken;
    }
}
