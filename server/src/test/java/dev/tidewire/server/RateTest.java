package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.Server.RECEIVE;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.OverRate;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How much one connection may send in a second. */
@ExtendWith(NoLeaks.class)
class RateTest {
    private static final int TEXT = 1;
    private static final int PING = 9;
    private static final int PONG = 10;

    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void asManyMessagesAsMayComeAreHandledAndOneMoreCloses(Dispatch dispatch) {
        var options = local().dispatch(dispatch)
                .maxMessagesPerSecond(5)
                .overRate(OverRate.CLOSE)
                .build();
        try (var server = started(echo(options).on(CLOSE, (ws, close) -> closes.add(close)));
                RawClient client = open(server)) {
            client.send(messages(client, 6));

            for (int i = 0; i < 5; i++) {
                client.expectText("m" + i);
            }
            assertThat(client.expectClose(1008).closeReason()).isEqualTo("more than 5 messages per second");
            client.sendClose(1008);
            seeOut(client);
            assertThat(summary(take(closes))).isEqualTo("1008 more than 5 messages per second SERVER clean");
            assertThat(server.counters()).containsEntry("limit.maxMessagesPerSecond", 1L);
        }
    }

    @Test
    void asManyAsMayComeAreNotOneTooMany() {
        var options = local().maxMessagesPerSecond(5).overRate(OverRate.CLOSE).build();
        try (var server = started(echo(options));
                RawClient client = open(server)) {
            client.send(messages(client, 5));

            for (int i = 0; i < 5; i++) {
                client.expectText("m" + i);
            }
            client.sendClose(1000).expectClose(1000);
            assertThat(server.counters()).doesNotContainKey("limit.maxMessagesPerSecond");
        }
    }

    @Test
    void pingsAndPongsCountToo() {
        var options = local().maxMessagesPerSecond(3).overRate(OverRate.CLOSE).build();
        try (var server = started(echo(options));
                RawClient client = open(server)) {
            client.send(together(
                    client.frame(PING, true, new byte[0]),
                    client.frame(PONG, true, new byte[0]),
                    client.frame(PING, true, new byte[0]),
                    client.frame(PING, true, new byte[0])));

            assertThat(client.readFrame().opcode()).isEqualTo(PONG);
            assertThat(client.readFrame().opcode()).isEqualTo(PONG);
            client.expectClose(1008);
        }
    }

    @OnEveryTransport
    void aPeerThatIsPausedLosesNothingAndGoesOnAtItsRate(Transport transport) {
        var options = local().transport(transport).maxMessagesPerSecond(100).build();
        try (var server = started(echo(options));
                RawClient client = open(server)) {
            long begin = System.nanoTime();
            client.send(messages(client, 110));
            for (int i = 0; i < 110; i++) {
                client.expectText("m" + i);
            }
            client.sendMessage("behind the pause").expectText("behind the pause");

            assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(100_000_000);
            assertThat(server.counters()).containsKey("limit.maxMessagesPerSecond");
        }
    }

    @Test
    void bytesOfAMessageMayComeUpToTheLimitAndOneMoreCloses() {
        byte[] payload = new byte[1000];
        var options = local().overRate(OverRate.CLOSE).maxBytesPerSecond(1008);
        try (var server = started(echo(options.build()));
                RawClient client = open(server)) {
            byte[] frame = client.frame(2, true, payload);
            assertThat(frame).hasSize(1008);
            client.send(frame);
            assertThat(client.readFrame().payload()).hasSize(1000);
        }
        try (var server = started(echo(options.maxBytesPerSecond(1007).build()));
                RawClient client = open(server)) {
            client.send(client.frame(2, true, payload));
            assertThat(client.expectClose(1008).closeReason()).isEqualTo("more than 1007 bytes per second");
            assertThat(server.counters()).containsEntry("limit.maxBytesPerSecond", 1L);
        }
    }

    @Test
    void aPausedConnectionIsReadAgainToCloseIt() {
        var options = local().maxBytesPerSecond(600).build();
        try (var server = started(echo(options).on(CLOSE, (ws, close) -> closes.add(close)));
                RawClient client = open(server)) {
            client.send(client.frame(2, true, new byte[60_000]));
            Fixture.until(() -> server.counters().containsKey("limit.maxBytesPerSecond"));
            server.disconnect(1, 1000, "enough");
            // It would not be read for a minute and a half otherwise.
            while (client.readFrame().opcode() != 8) {}
            client.sendClose(1000);

            assertThat(take(closes).clean()).isTrue();
        }
    }

    @Test
    void aRouteHasRatesOfItsOwn() {
        var server = new WebSocketServer(
                local().maxMessagesPerSecond(1).overRate(OverRate.CLOSE).build());
        server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()));
        server.route("/fast", route -> route.maxMessagesPerSecond(0));
        server.route("/slow", route -> {});
        try (var running = started(server);
                RawClient fast = connect(running);
                RawClient slow = connect(running)) {
            fast.upgrade("/fast");
            slow.upgrade("/slow");
            fast.send(messages(fast, 20));
            for (int i = 0; i < 20; i++) {
                fast.expectText("m" + i);
            }
            slow.send(messages(slow, 2));
            slow.expectText("m0");
            slow.expectClose(1008);
        }
    }

    @Test
    void anHttpClientThatAsksTooMuchGets429BehindItsAnswers() {
        var options = local().maxMessagesPerSecond(2).overRate(OverRate.CLOSE).build();
        try (var server = started(new HttpServer(options).on(REQUEST, (request, response) -> response.end("ok")));
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(4));

            assertThat(client.readHttpResponse().status()).isEqualTo(200);
            assertThat(client.readHttpResponse().status()).isEqualTo(200);
            RawResponse refused = client.readHttpResponse();
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.text()).contains("more than 2 messages per second");
            seeOut(client);
        }
    }

    @Test
    void aTcpPeerThatSendsTooMuchIsClosedAndItsExcessNotHandled() {
        BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
        var options = local().maxBytesPerSecond(100).overRate(OverRate.CLOSE).build();
        try (var server = started(new Server(options)
                        .on(RECEIVE, (tcp, fd, data) -> received.add(data))
                        .on(Server.CLOSE, (tcp, close) -> closes.add(close)));
                RawClient client = connect(server)) {
            client.send(new byte[101]);
            seeOut(client);

            assertThat(take(closes).initiator()).isEqualTo(CloseEvent.Initiator.SERVER);
            assertThat(received).isEmpty();
        }
    }

    @Test
    void ratesThatCannotBeAreRefusedByTheBuilder() {
        var builder = local();
        var route = new Route();
        for (IntConsumer setter : List.<IntConsumer>of(
                builder::maxMessagesPerSecond,
                builder::maxBytesPerSecond,
                route::maxMessagesPerSecond,
                route::maxBytesPerSecond)) {
            for (int wrong : new int[] {-1, 1_000_000_001}) {
                assertThatThrownBy(() -> setter.accept(wrong))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageMatching("max(Messages|Bytes)PerSecond must .*, was " + wrong);
            }
            setter.accept(1_000_000_000);
        }
        assertThat(ServerOptions.of("127.0.0.1", 0).overRate()).isEqualTo(OverRate.PAUSE);
    }

    /** Messages m0, m1 and so on, in one piece. */
    private static byte[] messages(RawClient client, int count) {
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(client.frame(TEXT, true, ("m" + i).getBytes(StandardCharsets.UTF_8)));
        }
        return together(frames.toArray(byte[][]::new));
    }
}
