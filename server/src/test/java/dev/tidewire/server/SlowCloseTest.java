package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.extension.ExtendWith;

/** The closing handshake with a peer that has yet to take what was sent before it. */
@ExtendWith(NoLeaks.class)
class SlowCloseTest {
    private static final int LONG_BYTES = 4 << 20;

    private final BlockingQueue<Long> opened = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();

    /** The second that it has for its end begins when it has taken all. */
    @OnEveryTransport
    void aPeerThatRestsWhenBothSidesHaveClosedGetsWhatWaitsForIt(Transport transport) throws InterruptedException {
        try (WebSocketServer server = holding(local().transport(transport));
                RawClient client = Stuck.open(server)) {
            long fd = take(opened);
            server.push(fd, new byte[LONG_BYTES]);
            client.sendClose(1000);
            Thread.sleep(1500);

            assertThat(client.readMessage().payload()).hasSize(LONG_BYTES);
            client.expectClose(1000);
            client.expectEof();
            client.close();
            assertThat(take(closed)).isEqualTo("1000 CLIENT clean");
        }
    }

    @OnEveryTransport
    void aPeerIsNotCutOffWhileItTakesWhatWaitsForIt(Transport transport) throws InterruptedException {
        var options = local().transport(transport).closeTimeout(Duration.ofSeconds(1));
        try (WebSocketServer server = holding(options);
                RawClient client = Stuck.open(server)) {
            long fd = take(opened);
            for (int i = 0; i < 200; i++) server.push(fd, new byte[LONG_BYTES / 200]);
            server.disconnect(fd, 4000, "enough");

            for (int i = 0; i < 200; i++) {
                assertThat(client.readMessage().payload()).hasSize(LONG_BYTES / 200);
                Thread.sleep(10);
            }
            client.expectClose(4000);
            assertThat(server.counters()).doesNotContainKey("slow.cut_off");
        }
    }

    @OnEveryTransport
    void anEndIsNotCleanWithoutAllThatWasSent(Transport transport) {
        var options = local().transport(transport).closeTimeout(Duration.ofMillis(200));
        try (WebSocketServer server = holding(options);
                RawClient client = Stuck.open(server)) {
            server.push(take(opened), new byte[LONG_BYTES]);
            client.sendClose(1000);

            assertThat(take(closed)).isEqualTo("1000 CLIENT unclean");
            assertThat(server.counters()).containsEntry("slow.cut_off", 1L);
        }
    }

    /** HTTP gives a peer more time for its responses, of which there was one before. */
    @OnEveryTransport
    void aPeerThatTakesNothingHasNoMoreThanCloseTimeout(Transport transport) {
        var options = local().transport(transport).closeTimeout(Duration.ofMillis(200));
        try (WebSocketServer server = holding(options);
                RawClient client = Stuck.connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            client.readHttpResponse();
            client.upgrade();
            long fd = take(opened);
            server.push(fd, new byte[LONG_BYTES]);
            server.disconnect(fd, 4000, "enough");

            assertThat(take(closed)).isEqualTo("4000 enough SERVER unclean");
        }
    }

    @OnEveryTransport
    void norIsThatOfPlainTcp(Transport transport) {
        var options = local().transport(transport)
                .closeTimeout(Duration.ofMillis(200))
                .maxQueuedBytes(2 * LONG_BYTES);
        try (Server server = plainTcp(options);
                RawClient client = Stuck.connect(server)) {
            server.send(take(opened), new byte[LONG_BYTES]);
            client.halfClose();

            assertThat(take(closed)).isEqualTo("1006 CLIENT unclean");
        }
    }

    @OnEveryTransport
    void norIsThatOfHttp(Transport transport) {
        var options = local().transport(transport)
                .keepAliveTimeout(Duration.ofMillis(200))
                .maxQueuedBytes(2 * LONG_BYTES);
        try (Server server = started(new HttpServer(options.build())
                        .on(HttpServer.REQUEST, (request, response) -> response.end(new byte[LONG_BYTES]))
                        .on(HttpServer.CLOSE, (http, close) -> closed.add(summary(close))));
                RawClient client = Stuck.connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n").halfClose();

            assertThat(take(closed)).startsWith("1006 ").endsWith(" unclean");
        }
    }

    /** Others may send until the very end of a connection. */
    @OnEveryTransport
    void whatComesTooLateIsNotLost(Transport transport) throws InterruptedException {
        var options = local().transport(transport).maxQueuedBytes(10_000).slowConsumer(SlowConsumer.DROP_NEWEST);
        try (Server server = plainTcp(options)) {
            for (int i = 0; i < 10; i++) {
                try (RawClient client = Fixture.connect(server)) {
                    long fd = take(opened);
                    Thread sender = Thread.ofPlatform().start(() -> {
                        while (server.exists(fd)) server.send(fd, new byte[10]);
                    });
                    client.halfClose();
                    client.readToEnd();
                    client.close();
                    assertThat(take(closed)).isEqualTo("1000 CLIENT clean");
                    sender.join();
                }
            }
        }
    }

    private Server plainTcp(ServerOptions.Builder options) {
        return started(new Server(options.build())
                .on(Server.CONNECT, (tcp, fd) -> opened.add(fd))
                .on(Server.RECEIVE, (_, _, _) -> {})
                .on(Server.CLOSE, (tcp, close) -> closed.add(summary(close))));
    }

    private WebSocketServer holding(ServerOptions.Builder options) {
        return started(new WebSocketServer(options.maxQueuedBytes(2 * LONG_BYTES)
                        .maxUnsentBytes(64 * 1024)
                        .build())
                .on(WebSocketServer.OPEN, (ws, request) -> opened.add(request.fd()))
                .on(WebSocketServer.MESSAGE, (_, _) -> {})
                .on(WebSocketServer.CLOSE, (ws, close) -> closed.add(summary(close))));
    }
}
