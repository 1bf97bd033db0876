package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.TlsFixture.AUTHORITY;
import static dev.tidewire.server.TlsFixture.STRANGER;
import static dev.tidewire.server.TlsFixture.localhost;
import static dev.tidewire.server.TlsFixture.trusting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.engine.Engine;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.engine.StreamListening;
import dev.tidewire.server.internal.tls.Tls;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that do not get as far as to speak within TLS. */
@ExtendWith(NoLeaks.class)
class TlsHandshakeTest {
    private static final String SECRETS = "11".repeat(32);

    @TempDir
    Path folder;

    /** What the application hears; it does not hear of these. */
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void plainHttpIsToldThatThisPortSpeaksTls(TlsProvider provider) {
        try (var log = new TlsFixture.Log();
                var server = server(provider);
                RawClient client = Fixture.connect(server)) {
            client.sendText("GET /secret HTTP/1.1\r\nHost: localhost\r\n\r\n");

            RawResponse response = client.readHttpResponse();
            assertThat(response.status()).isEqualTo(400);
            assertThat(response.text()).isEqualTo("this port speaks TLS, and this is plain HTTP\n");
            assertThat(response.header("Connection")).contains("close");
            client.expectEof();
            assertThat(log.line("plaintext_on_tls_port"))
                    .startsWith("WARNING fd=1 event=plaintext_on_tls_port peer=/127.0.0.1:"
                            + client.localAddress().getPort());
            servesTheNext(server, "tls.plaintext");
        }
    }

    @Test
    void aConnectionWhoseInsideCannotBeginTakesNoPlace() throws Exception {
        ServerOptions options = local().tls(localhost(folder).build()).build();
        Protocol failing = connection -> {
            throw new OutOfMemoryError("for the test");
        };
        Engine engine = new Engine(options, List.of(options));
        try (Tls tls = Tls.around(failing, options, options.tls().orElseThrow(), List.of())) {
            StreamListening listening = engine.listen(options, tls);
            engine.start();
            InetSocketAddress address = (InetSocketAddress) listening.address();
            try (var client = trusting(AUTHORITY).getSocketFactory().createSocket("127.0.0.1", address.getPort())) {
                client.setSoTimeout(5_000);
                assertThat(client.getInputStream().read()).isEqualTo(-1);
            }
            until(() -> engine.connections().count() == 0);
        } finally {
            engine.drain(Duration.ZERO, false);
            engine.end(0);
        }
    }

    @Test
    void nothingCanBeSentWhileItIsUnderWay() {
        try (var server = server(TlsProvider.JDK);
                RawClient client = Fixture.connect(server)) {
            client.sendHex("16 03 01");
            until(() -> server.connections().count() == 1);

            for (long fd : server.connections()) {
                assertThat(server.send(fd, new byte[1])).isEqualTo(SendResult.CLOSED);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"00", "80 2e 01 03 01", "15 03 03 00 02 01 00", "ff ff ff ff ff ff", "0d 0a"})
    void otherPlainTextIsClosedWithoutAWord(String hex) {
        try (var server = server(TlsProvider.JDK);
                RawClient client = Fixture.connect(server)) {
            client.sendHex(hex);

            client.expectEof();
            servesTheNext(server, "tls.plaintext");
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "JDK,     not a TLS version,        16 02 00 00 05 01 00 00 01 00,         not_tls",
        "JDK,     an empty record,          16 03 01 00 00,                        not_tls",
        "JDK,     a ClientHello of 64 KiB,  16 03 01 00 08 01 01 00 00 03 03 11 11, not_tls",
        "JDK,     garbage in a record,      16 03 01 00 08 01 00 00 04 ff ff ff ff, other",
        "OPENSSL, not a TLS version,        16 02 00 00 05 01 00 00 01 00,         not_tls",
        "OPENSSL, a ClientHello of 64 KiB,  16 03 01 00 08 01 01 00 00 03 03 11 11, not_tls",
        "OPENSSL, garbage in a record,      16 03 01 00 08 01 00 00 04 ff ff ff ff, other",
    })
    void garbageEndsTheConnection(TlsProvider provider, String what, String hex, String counted) {
        try (var log = new TlsFixture.Log();
                var server = server(provider);
                RawClient client = Fixture.connect(server)) {
            client.sendHex(hex);

            client.readToEnd();
            assertThat(log.line("tls_handshake_failed"))
                    .startsWith("FINE fd=1 event=tls_handshake_failed reason=" + counted + " cause=\"")
                    .doesNotContain("stack trace");
            servesTheNext(server, "tls.handshake_failed." + counted);
        }
    }

    @ParameterizedTest(name = "{0}: {1} is answered with alert {3}")
    @CsvSource({
        // SSL 3.0 to TLS 1.1 by client_version, with suites that those had; then TLS 1.2 without a suite of ours.
        "JDK,     03 00, 002f, 46, protocol_version",
        "JDK,     03 01, 002f, 46, protocol_version",
        "JDK,     03 02, 002f, 46, protocol_version",
        "JDK,     03 03, 002f, 28, no_shared_cipher",
        "OPENSSL, 03 01, 002f, 46, protocol_version",
        "OPENSSL, 03 02, 002f, 46, protocol_version",
        "OPENSSL, 03 03, 002f, 28, no_shared_cipher",
    })
    void clientsOfThePastGetAnAlert(TlsProvider provider, String version, String suite, String alert, String counted) {
        try (var log = new TlsFixture.Log();
                var server = server(provider);
                RawClient client = Fixture.connect(server)) {
            client.sendHex(clientHello(version, suite)).sendHex("14 03 01 00 01 01");

            String answer = HexFormat.of().formatHex(client.readToEnd());
            assertThat(answer).matches("1503..000202" + alert);
            assertThat(log.line("tls_handshake_failed")).contains("reason=" + counted + " cause=\"");
            servesTheNext(server, "tls.handshake_failed." + counted);
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void aClientThatDoesNotTrustTheServerIsCounted(TlsProvider provider) throws Exception {
        try (var server = server(provider);
                SSLSocket socket = TlsFixture.socket(server, trusting(STRANGER), "localhost")) {
            assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLHandshakeException.class);

            servesTheNext(server, "tls.handshake_failed.client_alert");
        }
    }

    @ParameterizedTest(name = "{0} after {1} bytes of ClientHello")
    @CsvSource({"JDK, 0", "JDK, 1", "JDK, 30", "JDK, 1000", "OPENSSL, 30", "OPENSSL, 1000"})
    void aSilentClientIsClosedAfterTheHandshakeTimeout(TlsProvider provider, int bytes) {
        try (var server = started(Fixture.echo(local().handshakeTimeout(Duration.ofMillis(100))
                        .tls(localhost(folder, provider))
                        .build()));
                RawClient client = Fixture.connect(server)) {
            byte[] hello = clientHello();
            client.send(Arrays.copyOf(hello, Math.min(bytes, hello.length)));

            // Within TLS or not, nothing that could be read as an answer to a request.
            assertThat(new String(client.readToEnd(), StandardCharsets.ISO_8859_1))
                    .doesNotContain("HTTP");
            until(() -> server.connections().count() == 0);
        }
    }

    @Test
    void theHandshakeTimeoutCoversTlsAndTheFirstRequest() {
        try (var server = started(Fixture.echo(local().handshakeTimeout(Duration.ofMillis(500))
                        .tls(localhost(folder, TlsProvider.JDK))
                        .build()));
                RawClient client = TlsFixture.connect(server)) {
            client.sendText("GET / HT");

            assertThat(client.readHttpResponse().status()).isEqualTo(408);
            client.expectEof();
        }
    }

    @ParameterizedTest(name = "{0} leaves by {1}")
    @CsvSource({"JDK, FIN", "JDK, RST", "OPENSSL, FIN", "OPENSSL, RST"})
    void aClientThatLeavesIsForgotten(TlsProvider provider, String how) {
        try (var server = server(provider)) {
            RawClient client = Fixture.connect(server);
            client.sendHex(clientHello("03 03", "c02b").substring(0, 40));
            until(() -> server.connections().count() == 1);
            if (how.equals("RST")) client.reset();
            else client.close();

            servesTheNext(server, "tls.handshake_failed.client_left");
        }
    }

    @Test
    void aServerThatClosesDoesNotWaitForHandshakes() {
        try (var server = server(TlsProvider.JDK);
                RawClient client = Fixture.connect(server)) {
            client.sendHex("16 03 01");
            until(() -> server.connections().count() == 1);

            server.close();
            client.expectEnd();
        }
    }

    @Test
    void aTlsClientOnAPlainPortIsCounted() {
        try (var server = started(Fixture.echo(local().build()));
                RawClient client = Fixture.connect(server)) {
            client.sendHex(clientHello("03 03", "c02b"));

            assertThat(client.readHttpResponse().status()).isEqualTo(400);
            assertThat(server.counters()).containsEntry("http.tls_client", 1L);
        }
    }

    @Test
    void brokenRulesAreCountedByTheirName() {
        try (var server = started(Fixture.echo(local().build()));
                RawClient client = Fixture.open(server)) {
            client.sendHex("81 00");

            client.expectClose(1002);
            assertThat(server.counters()).containsEntry("violation.RFC 6455 §5.1", 1L);
        }
    }

    private WebSocketServer server(TlsProvider provider) {
        return started(Fixture.echo(local().tls(localhost(folder, provider)).build())
                .on(WebSocketServer.CONNECT, (ws, fd) -> heard.add("connect"))
                .on(WebSocketServer.DISCONNECT, (ws, fd) -> heard.add("disconnect")));
    }

    /** What a client before this one came to is counted once, and neither the application nor the next client notices it. */
    private void servesTheNext(Server server, String counter) {
        until(() -> !server.counters().isEmpty());
        assertThat(server.counters()).containsOnly(Map.entry(counter, 1L));
        assertThat(heard).isEmpty();
        try (RawClient next = TlsFixture.connect(server)) {
            next.upgrade();
            next.sendMessage("hello");
            next.expectText("hello");
        }
    }

    /** What a client of today begins with, and the server answers. */
    private static byte[] clientHello() {
        try {
            SSLEngine client = trusting(AUTHORITY).createSSLEngine("localhost", 443);
            client.setUseClientMode(true);
            ByteBuffer hello = ByteBuffer.allocate(client.getSession().getPacketBufferSize());
            client.wrap(ByteBuffer.allocate(0), hello);
            return Arrays.copyOf(hello.array(), hello.position());
        } catch (SSLException e) {
            throw new AssertionError(e);
        }
    }

    /** A whole ClientHello without extensions (RFC 5246 §7.4.1.2) that offers one cipher suite: 52 bytes. */
    private static String clientHello(String version, String suite) {
        return "16 03 01 00 2f | 01 00 00 2b".replace("|", "") + version + SECRETS + "00" + "0004 00ff" + suite
                + "01 00".replace("|", "");
    }
}
