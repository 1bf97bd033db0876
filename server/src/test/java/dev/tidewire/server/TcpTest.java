package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class TcpTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    private Server echo(ServerOptions options) {
        return started(new Server(options)
                .on(Server.CONNECT, (server, fd) -> heard.add("connect " + fd))
                .on(Server.RECEIVE, (server, fd, data) -> server.send(fd, data))
                .on(Server.CLOSE, (server, close) -> heard.add("close " + close.fd() + " " + summary(close))));
    }

    @InEveryDispatch
    void bytesComeBackAsTheyWere(Dispatch dispatch) {
        byte[] data = new byte[200_000];
        new Random(1).nextBytes(data);
        try (Server server = echo(local(dispatch));
                RawClient client = connect(server)) {
            client.sendHex("00 ff 0d0a");
            assertThat(client.read(4)).asHexString().isEqualTo("00FF0D0A");
            client.send(data);
            assertThat(client.read(data.length)).isEqualTo(data);
            client.close();

            assertThat(take(heard)).isEqualTo("connect 1");
            assertThat(take(heard)).isEqualTo("close 1 1000 CLIENT clean");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void textIsSentAsUtf8() {
        Server greeting = new Server(local().build())
                .on(Server.CONNECT, (server, fd) -> server.send(fd, "grün"))
                .on(Server.RECEIVE, (server, fd, data) -> {});
        try (Server server = started(greeting);
                RawClient client = connect(server)) {
            assertThat(client.read(5)).asString(UTF_8).isEqualTo("grün");
        }
    }

    @InEveryDispatch
    void aClientThatEndsItsHalfStillGetsItsAnswers(Dispatch dispatch) {
        byte[] data = new byte[100_000];
        new Random(2).nextBytes(data);
        try (Server server = echo(local(dispatch));
                RawClient client = connect(server)) {
            client.send(data).halfClose();

            assertThat(client.readToEnd()).isEqualTo(data);
        }
    }

    @Test
    void whatIsSentToAClientThatHasEndedItsHalfAndIsOnlyFlushedIsNotTaken() {
        Server tcp = new Server(local().closeTimeout(Duration.ofSeconds(30)).build());
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        tcp.on(Server.CONNECT, (server, fd) -> fds.add(fd)).on(Server.RECEIVE, (server, fd, data) -> {});
        try (Server server = started(tcp);
                RawClient client = Stuck.connect(server)) {
            long fd = take(fds);
            Stuck.untilFull(
                    () -> server.queuedBytes(fd) < 100_000 && server.send(fd, new byte[10_000]) != SendResult.CLOSED);
            client.halfClose();

            until(() -> server.send(fd, new byte[1]) == SendResult.CLOSED);
        }
    }

    @InEveryDispatch
    void closeSendsWhatIsQueuedBeforeTheEnd(Dispatch dispatch) {
        byte[] data = new byte[2 << 20];
        new Random(3).nextBytes(data);
        Server talks = new Server(
                        local().dispatch(dispatch).maxQueuedBytes(data.length).build())
                .on(Server.RECEIVE, (server, fd, request) -> {
                    heard.add(server.send(fd, data).name());
                    heard.add(String.valueOf(server.close(fd)));
                    heard.add(server.send(fd, data).name());
                    heard.add(String.valueOf(server.close(fd)));
                });
        try (Server server = started(talks);
                RawClient client = connect(server)) {
            client.sendText("all of it");

            assertThat(client.readToEnd()).isEqualTo(data);
            assertThat(take(heard)).isEqualTo("SENT");
            assertThat(take(heard)).isEqualTo("true");
            assertThat(take(heard)).isEqualTo("CLOSED");
            assertThat(take(heard)).isEqualTo("false");
        }
    }

    @OnEveryTransport
    void everyTransportSendsWhatIsQueuedBeforeTheEnd(Transport transport) {
        byte[] data = new byte[2 << 20];
        new Random(4).nextBytes(data);
        Server talks = new Server(
                        local().transport(transport).maxQueuedBytes(data.length).build())
                .on(Server.RECEIVE, (server, fd, request) -> {
                    for (int i = 0; i < 32; i++) {
                        server.send(fd, Arrays.copyOfRange(data, i << 16, (i + 1) << 16));
                    }
                    server.close(fd);
                });
        try (Server server = started(talks);
                RawClient client = connect(server)) {
            client.sendText("all of it");

            assertThat(client.readToEnd()).isEqualTo(data);
        }
    }

    @Test
    void theServersCloseIsTold() {
        try (Server server = echo(local().build());
                RawClient client = connect(server)) {
            take(heard);
            assertThat(server.close(1)).isTrue();
            client.expectEof();
            client.close();

            assertThat(take(heard)).isEqualTo("close 1 1000 SERVER clean");
        }
    }

    @Test
    void aClientThatVanishesIsLost() {
        try (Server server = echo(local().build())) {
            RawClient client = connect(server);
            take(heard);
            client.reset();

            assertThat(take(heard)).isEqualTo("close 1 1006 CLIENT unclean");
        }
    }

    @Test
    void whatWouldPassTheQueuesLimitIsDropped() {
        try (Server server = echo(local().maxQueuedBytes(10).build());
                RawClient client = connect(server)) {
            take(heard);
            assertThat(server.send(1, new byte[11])).isEqualTo(SendResult.DROPPED);
            assertThat(server.send(1, new byte[10])).isEqualTo(SendResult.SENT);
            assertThat(server.send(1, new byte[0])).isIn(SendResult.SENT, SendResult.QUEUED);
            assertThat(server.send(2, new byte[1])).isEqualTo(SendResult.CLOSED);

            assertThat(client.read(10)).containsOnly(0);
        }
    }

    @Test
    void clientInfoCountsReadsAndSends() {
        try (Server server = echo(local().build());
                RawClient client = connect(server)) {
            client.sendText("hello");
            client.read(5);
            Fixture.until(() -> server.queuedBytes(1) == 0);

            var info = server.clientInfo(1).orElseThrow();
            assertThat(info.bytesReceived()).isEqualTo(5);
            assertThat(info.bytesSent()).isEqualTo(5);
            assertThat(info.messagesReceived()).isEqualTo(1);
            assertThat(info.messagesSent()).isEqualTo(1);
            assertThat(info.webSocketStatus()).isEqualTo(WebSocketStatus.NONE);
        }
    }

    @Test
    void bytesOfAWebSocketAreNotTheApplications() {
        try (WebSocketServer server = started(Fixture.echo(local().build()));
                RawClient client = open(server)) {
            assertThatThrownBy(() -> server.send(1, new byte[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("fd 1 is not a plain TCP connection: use push or the response");
            client.sendMessage("unharmed").expectText("unharmed");
        }
    }

    @InEveryDispatch
    void aHandlerThatThrowsEndsItsConnectionOnly(Dispatch dispatch) {
        Server talks = new Server(local(dispatch))
                .on(Server.RECEIVE, (server, fd, data) -> {
                    if (fd == 2) throw new IllegalStateException("as asked");
                    server.send(fd, data);
                })
                .on(Server.ERROR, (server, fd, cause) -> heard.add("error " + fd));
        try (Server server = started(talks);
                RawClient other = connect(server)) {
            Fixture.until(() -> server.exists(1));
            try (RawClient client = connect(server)) {
                client.sendText("x").expectEof();
            }
            assertThat(take(heard)).isEqualTo("error 2");
            other.sendText("unharmed");
            assertThat(new String(other.read(8), StandardCharsets.US_ASCII)).isEqualTo("unharmed");
        }
    }

    @Test
    void aServerThatCloseIsCalledOnEndsItsConnections() {
        CountDownLatch connected = new CountDownLatch(1);
        Server server = started(new Server(local().build())
                .on(Server.CONNECT, (it, fd) -> connected.countDown())
                .on(Server.RECEIVE, (it, fd, data) -> {})
                .on(Server.CLOSE, (it, close) -> heard.add(summary(close))));
        try (RawClient client = connect(server)) {
            await(connected);
            Thread.startVirtualThread(server::close);
            client.expectEof();
        }
        server.close();

        assertThat(heard).containsExactly("1000 SERVER clean");
    }
}
