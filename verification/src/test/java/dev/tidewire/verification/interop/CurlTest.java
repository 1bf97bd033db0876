package dev.tidewire.verification.interop;

import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.interop.Command.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests by curl: of a page, and of handshakes by their headers, which is how people look whether a server is there. */
@ExtendWith(NoLeaks.class)
class CurlTest {
    private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    private static final String VERSION = "Sec-WebSocket-Version: 13";
    private static final String HELLO = "\u0081\u0005hello";

    @TempDir
    private Path folder;

    private Authority authority;
    private WebSocketServer plain;
    private WebSocketServer secure;

    @BeforeEach
    void start() throws Exception {
        authority = new Authority(folder);
        plain = started(options());
        secure = started(options().tls(authority.serverOptions()));
    }

    @AfterEach
    void close() {
        plain.close();
        secure.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void pageIsServed(String scheme) throws Exception {
        Outcome outcome = curl(scheme, "--fail");

        assertThat(outcome).isEqualTo(new Outcome(0, "secure=" + scheme.equals("https")));
    }

    @ParameterizedTest
    @CsvSource({"https, --tlsv1.2, 1.2", "https, --tlsv1.3, 1.3"})
    void pageIsServedInEachVersionOfTls(String scheme, String least, String most) throws Exception {
        assertThat(curl(scheme, "--fail", least, "--tls-max", most)).isEqualTo(new Outcome(0, "secure=true"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void handshakeIsAnsweredAndTheConnectionIsAWebSocket(String scheme) throws Exception {
        Outcome outcome = handshake(scheme, KEY, VERSION);

        assertThat(outcome.said())
                .startsWith("HTTP/1.1 101 ")
                .containsIgnoringCase("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                .contains(HELLO);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "http, 400, Sec-WebSocket-Version: 13, X-Nothing: no key",
        "http, 400, Sec-WebSocket-Version: 13, Sec-WebSocket-Key: short",
        "https, 400, Sec-WebSocket-Version: 13, X-Nothing: no key",
        "http, 426, Sec-WebSocket-Version: 12, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "https, 426, Sec-WebSocket-Version: 12, Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    })
    void wrongHandshakeHasAStatus(String scheme, int status, String version, String key) throws Exception {
        Outcome outcome = handshake(scheme, version, key);

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.said()).startsWith("HTTP/1.1 " + status + " ").doesNotContain(HELLO);
        if (status == 426) assertThat(outcome.said()).containsIgnoringCase("Sec-WebSocket-Version: 13");
    }

    private Outcome handshake(String scheme, String... headers) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--include"));
        for (String header : List.of("Connection: Upgrade", "Upgrade: websocket")) {
            arguments.addAll(List.of("--header", header));
        }
        for (String header : headers) {
            arguments.addAll(List.of("--header", header));
        }
        return curl(scheme, arguments.toArray(String[]::new));
    }

    private Outcome curl(String scheme, String... more) throws Exception {
        int port = scheme.equals("https") ? secure.port() : plain.port();
        List<String> words =
                new ArrayList<>(List.of("curl", "--silent", "--show-error", "--http1.1", "--noproxy", "*"));
        words.addAll(
                List.of("--max-time", "20", "--cacert", authority.certificate().toString()));
        words.addAll(List.of(more));
        words.add(scheme + "://127.0.0.1:" + port + "/");
        return new Command(words, "curl (Debian: curl)", Map.of()).run();
    }

    /** Short of patience with clients that do not answer a close frame, as curl does not. */
    private static ServerOptions.Builder options() {
        return ServerOptions.builder("127.0.0.1", 0).closeTimeout(Duration.ofMillis(100));
    }

    /** A server that says hello and parts. */
    private static WebSocketServer started(ServerOptions.Builder options) {
        WebSocketServer server = new WebSocketServer(options.build());
        server.on(OPEN, (ws, request) -> {
            ws.push(request.fd(), "hello");
            ws.disconnect(request.fd());
        });
        server.on(MESSAGE, (ws, frame) -> {});
        server.on(REQUEST, (request, response) -> response.end("secure=" + request.isSecure()));
        server.start();
        return server;
    }
}
