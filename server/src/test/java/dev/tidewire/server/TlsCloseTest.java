package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.TlsFixture.connect;
import static dev.tidewire.server.TlsFixture.localhost;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The end of connections within TLS. The client here takes an end of the stream without a close_notify before it for an
 * error, so {@code expectEof} tells that one came.
 */
@ExtendWith(NoLeaks.class)
class TlsCloseTest {
    private static final byte[] LARGE = new byte[900_000];

    @TempDir
    Path folder;

    private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();

    /** Both providers in both versions over every transport that matters. */
    static Stream<Arguments> everywhere() {
        return OnEveryTransport.Working.transports()
                .filter(transport -> transport != Transport.AUTO)
                .flatMap(transport -> Stream.of(TlsProvider.JDK, TlsProvider.OPENSSL)
                        .flatMap(provider -> Stream.of("TLSv1.3", "TLSv1.2")
                                .map(protocol -> Arguments.of(transport, provider, protocol))));
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("everywhere")
    void aClosingHandshakeEndsWithCloseNotify(Transport transport, TlsProvider provider, String protocol) {
        try (var server = server(transport, provider);
                RawClient client = connect(server, protocol)) {
            client.upgrade();
            client.sendMessage("last");
            client.sendClose(1000);

            client.expectText("last");
            client.expectClose(1000);
            client.expectEof();
            client.close();
            assertThat(take(closed)).isEqualTo("1000 CLIENT clean");
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("everywhere")
    void aLargeMessageBeforeTheCloseFrameArrivesWhole(Transport transport, TlsProvider provider, String protocol) {
        try (var server = server(transport, provider);
                RawClient client = connect(server, protocol)) {
            client.upgrade();
            client.sendMessage("large then close");

            assertThat(client.readFrame().payload()).isEqualTo(LARGE);
            client.expectClose(1000);
            client.sendClose(1000);
            client.expectEof();
            client.close();
            assertThat(take(closed)).isEqualTo("1000 SERVER clean");
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}")
    @MethodSource("everywhere")
    void aBrokenRuleIsAnsweredAlsoWithMoreDataInFlight(Transport transport, TlsProvider provider, String protocol) {
        try (var server = server(transport, provider);
                RawClient client = connect(server, protocol)) {
            client.upgrade();
            byte[] more = client.frame(2, true, new byte[100_000]);
            client.send(together(new byte[] {(byte) 0x81, 0}, more));
            client.send(more);

            client.expectClose(1002);
            client.expectEof();
            client.close();
            assertThat(take(closed)).startsWith("1002");
        }
    }

    @Test
    void aPeerThatDoesNotReadIsCutOffAfterTheCloseTimeout() {
        CountDownLatch full = new CountDownLatch(1);
        WebSocketServer server = new WebSocketServer(local().closeTimeout(Duration.ofMillis(200))
                .maxQueuedBytes(64 << 20)
                .tls(localhost(folder, TlsProvider.JDK))
                .build());
        server.on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    for (int i = 0; i < 16; i++) {
                        ws.push(frame.fd(), new byte[1 << 20]);
                    }
                    ws.disconnect(frame.fd());
                    full.countDown();
                })
                .on(WebSocketServer.CLOSE, (ws, close) -> closed.add(summary(close)));
        try (var running = started(server);
                RawClient client = connect(running)) {
            client.upgrade();
            client.sendMessage("go");
            Fixture.await(full);

            assertThat(take(closed)).isEqualTo("1000 SERVER unclean");
            until(() -> running.connections().count() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void aServerThatGoesAwaySaysSo(TlsProvider provider) {
        var server = server(Transport.AUTO, provider);
        try (RawClient client = connect(server)) {
            client.upgrade();
            Thread closing = Thread.ofVirtual().start(server::close);

            client.expectClose(1001);
            client.sendClose(1001);
            client.expectEof();
            client.close();
            assertThat(closing).satisfies(Thread::join);
        }
    }

    @Test
    void repliesStillGoToAPeerThatHasEndedItsHalfInTls13() throws IOException {
        CountDownLatch ended = new CountDownLatch(1);
        HttpServer server = new HttpServer(
                        local().tls(localhost(folder, TlsProvider.JDK)).build())
                .on(HttpServer.REQUEST, (request, response) -> {
                    ended.await();
                    response.end("late");
                });
        try (var running = started(server);
                SSLSocket socket = TlsFixture.socket(running)) {
            RawClient client = TlsFixture.handshake(socket);
            client.sendText("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            socket.shutdownOutput();
            ended.countDown();

            RawResponse response = client.readHttpResponse();
            assertThat(response.text()).isEqualTo("late");
            client.expectEof();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
    void aPlainApplicationEchoesToTheEndOfTheStream(String protocol) throws IOException {
        Server server =
                new Server(local().tls(localhost(folder, TlsProvider.JDK)).build());
        server.on(Server.RECEIVE, (self, fd, data) -> self.send(fd, data))
                .on(Server.CLOSE, (self, close) -> closed.add(summary(close)));
        try (var running = started(server);
                SSLSocket socket = TlsFixture.socket(running)) {
            socket.setEnabledProtocols(new String[] {protocol});
            RawClient client = TlsFixture.handshake(socket);
            client.sendText("to the end");
            assertThat(client.read(10)).isEqualTo(ascii("to the end"));
            socket.shutdownOutput();

            client.expectEof();
            client.close();
            assertThat(take(closed)).isEqualTo("1000 CLIENT clean");
        }
    }

    @InEveryDispatch
    void aPeerThatVanishesIsAnAbnormalEnd(Dispatch dispatch) {
        try (var server = started(recording(local().dispatch(dispatch)
                .tls(localhost(folder, TlsProvider.JDK))
                .build()))) {
            RawClient client = connect(server);
            client.upgrade();
            client.close();

            assertThat(take(closed)).isEqualTo("1006 CLIENT unclean");
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void bytesThatAreNotTlsEndAConnectionWithinTls(TlsProvider provider) throws IOException {
        try (var server = server(Transport.AUTO, provider);
                var tcp = new java.net.Socket(server.localAddress().getAddress(), server.port())) {
            SSLSocket socket = (SSLSocket) TlsFixture.trusting(TlsFixture.AUTHORITY)
                    .getSocketFactory()
                    .createSocket(tcp, "", server.port(), false);
            RawClient client = TlsFixture.handshake(socket);
            client.upgrade();
            tcp.getOutputStream().write(ascii("this is not a TLS record"));

            assertThat(take(closed)).isEqualTo("1006 CLIENT unclean");
        }
    }

    private WebSocketServer server(Transport transport, TlsProvider provider) {
        return started(recording(
                local().transport(transport).tls(localhost(folder, provider)).build()));
    }

    private WebSocketServer recording(ServerOptions options) {
        return new WebSocketServer(options)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    if (frame.text().equals("large then close")) {
                        ws.push(frame.fd(), LARGE);
                        ws.disconnect(frame.fd());
                    } else {
                        ws.push(frame.fd(), frame.text());
                    }
                })
                .on(WebSocketServer.CLOSE, (ws, close) -> closed.add(summary(close)));
    }
}
