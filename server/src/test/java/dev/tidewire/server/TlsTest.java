package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.TlsFixture.AUTHORITY;
import static dev.tidewire.server.TlsFixture.connect;
import static dev.tidewire.server.TlsFixture.localhost;
import static dev.tidewire.server.TlsFixture.trusting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.TlsInfo;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Everything that a server speaks, within TLS. */
@ExtendWith(NoLeaks.class)
class TlsTest {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void largeMessagesGoBothWaysOnEveryTransport(Transport transport) throws Exception {
        for (TlsProvider provider : TlsProvider.values()) {
            try (var server = started(Fixture.echo(local().transport(transport)
                    .tls(localhost(folder, provider))
                    .build()))) {
                echoesLargeMessages(server);
            }
        }
    }

    @InEveryDispatch
    void messagesGoBothWaysWhereverHandlersRun(Dispatch dispatch) throws Exception {
        try (var server = started(Fixture.echo(
                local().dispatch(dispatch).tls(localhost(folder).build()).build()))) {
            echoesLargeMessages(server);
        }
    }

    @ParameterizedTest
    @CsvSource({"https://localhost, 101", "http://localhost, 403"})
    void aPageOfTheSameHostMustBeWithinTlsToo(String origin, int status) {
        try (var server = started(
                        Fixture.echo(local().tls(localhost(folder).build()).build()));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/", "Origin: " + origin));

            assertThat(client.readHttpHead().status()).isEqualTo(status);
        }
    }

    @Test
    void requestsAreAnsweredAndKnowThatTheyAreSecure() throws Exception {
        HttpServer server = new HttpServer(
                        local().tls(localhost(folder).build()).build())
                .on(HttpServer.REQUEST, (request, response) -> response.end("secure=" + request.isSecure()));
        try (var running = started(server)) {
            try (HttpClient client = client()) {
                var request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + running.port() + "/"));
                assertThat(client.send(request.build(), BodyHandlers.ofString()).body())
                        .isEqualTo("secure=true");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void bytesOfTheApplicationGoBothWays(TlsProvider provider) {
        Server server = new Server(local().tls(localhost(folder, provider)).build());
        server.on(Server.CONNECT, (self, fd) -> self.send(fd, Fixture.ascii("hello")))
                .on(Server.RECEIVE, (self, fd, data) -> self.send(fd, data));
        try (var running = started(server);
                RawClient client = connect(running)) {
            client.sendText(", world");

            assertThat(client.read(12)).asString().isEqualTo("hello, world");
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"JDK, TLSv1.3", "JDK, TLSv1.2", "OPENSSL, TLSv1.3", "OPENSSL, TLSv1.2"})
    void clientInfoTellsWhatTheHandshakeAgreedOn(TlsProvider provider, String protocol) throws Exception {
        BlockingQueue<Optional<TlsInfo>> infos = new LinkedBlockingQueue<>();
        WebSocketServer server = Fixture.echo(
                        local().tls(localhost(folder, provider)).build())
                .on(
                        WebSocketServer.CONNECT,
                        (ws, fd) -> infos.add(ws.clientInfo(fd).orElseThrow().tls()));
        try (var running = started(server);
                RawClient client = connect(running, protocol)) {
            client.upgrade();

            TlsInfo info = take(infos).orElseThrow();
            assertThat(info.protocol()).isEqualTo(protocol);
            assertThat(info.cipherSuite()).startsWith("TLS_");
            assertThat(info.serverName()).contains("localhost");
            assertThat(info.applicationProtocol()).isEmpty();
            assertThat(info.peerCertificates()).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}: {1} of a client that offers {2}")
    @CsvSource({
        "JDK,     http/1.1, h2 http/1.1",
        "JDK,     ,         h2",
        "OPENSSL, http/1.1, h2 http/1.1",
        "OPENSSL, ,         h2",
    })
    void announcesHttp11ThroughAlpn(TlsProvider provider, String chosen, String offered) throws Exception {
        BlockingQueue<Optional<TlsInfo>> infos = new LinkedBlockingQueue<>();
        WebSocketServer server = Fixture.echo(
                        local().tls(localhost(folder, provider)).build())
                .on(
                        WebSocketServer.CONNECT,
                        (ws, fd) -> infos.add(ws.clientInfo(fd).orElseThrow().tls()));
        try (var running = started(server);
                var socket = TlsFixture.socket(running)) {
            var parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(offered.split(" "));
            socket.setSSLParameters(parameters);
            socket.startHandshake();

            assertThat(take(infos).orElseThrow().applicationProtocol()).isEqualTo(Optional.ofNullable(chosen));
        }
    }

    @Test
    void aPlainConnectionHasNoTlsInfo() {
        BlockingQueue<Optional<TlsInfo>> infos = new LinkedBlockingQueue<>();
        WebSocketServer server = Fixture.echo(local().build())
                .on(
                        WebSocketServer.CONNECT,
                        (ws, fd) -> infos.add(ws.clientInfo(fd).orElseThrow().tls()));
        try (var running = started(server);
                RawClient client = Fixture.open(running)) {
            assertThat(take(infos)).isEmpty();
        }
    }

    private void echoesLargeMessages(Server server) throws Exception {
        byte[] large = new byte[MIB];
        new Random(1).nextBytes(large);
        try (HttpClient client = client()) {
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("wss://127.0.0.1:" + server.port() + "/"), new Collector())
                    .get();
            for (int i = 0; i < 3; i++) {
                socket.sendBinary(ByteBuffer.wrap(large), true).get();
                assertThat(take(received)).isEqualTo(large);
            }
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get();
            assertThat(take(received)).asString().isEqualTo("closed 1000");
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().sslContext(trusting(AUTHORITY)).build();
    }

    /** Puts messages together again, which the JDK's client gives in parts. */
    private final class Collector implements WebSocket.Listener {
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] part = new byte[data.remaining()];
            data.get(part);
            message.writeBytes(part);
            if (last) {
                received.add(message.toByteArray());
                message.reset();
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            received.add(Fixture.ascii("closed " + code));
            return null;
        }
    }
}
