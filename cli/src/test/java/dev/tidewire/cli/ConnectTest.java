package dev.tidewire.cli;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.REQUEST;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.HttpServer;
import dev.tidewire.server.MessageHandler;
import dev.tidewire.server.Server;
import dev.tidewire.server.WebSocketServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
final class ConnectTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<Server> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        servers.forEach(Server::close);
    }

    @Test
    void onceSendsOneMessageAndPrintsOneReply() {
        int port = answering((ws, frame) -> ws.push(frame.fd(), "you said " + frame.text()));

        assertThat(once("ws://127.0.0.1:" + port + "/", "hällo")).isZero();

        assertThat(out.toString()).isEqualToNormalizingNewlines("you said hällo\n");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void binaryReplyIsPrintedInHex() {
        int port = answering((ws, frame) -> ws.push(frame.fd(), new byte[] {1, (byte) 0xfe}));

        assertThat(once("ws://127.0.0.1:" + port + "/", "x")).isZero();

        assertThat(out.toString()).isEqualToNormalizingNewlines("01 fe (2 bytes)\n");
    }

    @Test
    void replyMayBeLongAndInFragments() {
        String half = "ü".repeat(100_000);
        int port = answering((ws, frame) -> {
            ws.push(frame.fd(), half, 1, false);
            ws.push(frame.fd(), half, 0, true);
        });

        assertThat(once("ws://127.0.0.1:" + port + "/", "x")).isZero();

        assertThat(out.toString()).isEqualToNormalizingNewlines(half + half + "\n");
    }

    @Test
    void closeBeforeTheReplyIsAFailureWithCodeAndReason() {
        int port = answering((ws, frame) -> ws.disconnect(frame.fd(), 4001, "not today"));

        assertThat(once("ws://127.0.0.1:" + port + "/", "x")).isEqualTo(1);

        assertFailure("closed before a reply: code 4001, not today");
    }

    @Test
    void noReplyInTimeIsAFailure() {
        int port = answering((ws, frame) -> {});

        assertThat(once("ws://127.0.0.1:" + port + "/", "x", "--timeout", "1")).isEqualTo(1);

        assertFailure("no reply within 1 s (--timeout waits longer)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/plain; charset=utf-8 | 'not you\n second line' | ': not you'",
                "Text/Plain                | 'bell \u0007'           | ': bell \\x07'",
                "text/plain                | ''                     | ''",
                "text/html                 | '<p>not you</p>'       | ''",
            })
    void refusalIsAFailureWithItsHttpStatusAndWhatTheServerSays(String type, String body, String why) {
        HttpServer server = new HttpServer("127.0.0.1", 0);
        server.on(
                REQUEST,
                (request, response) ->
                        response.status(403).header("Content-Type", type).end(body));
        int port = started(server);

        assertThat(once("ws://127.0.0.1:" + port + "/", "x")).isEqualTo(1);

        assertFailure("cannot connect to ws://127.0.0.1:" + port
                + "/: the server refused the WebSocket with HTTP status 403" + why);
    }

    @Test
    void whatAServerSaysOfItsRefusalIsCutShort() {
        HttpServer server = new HttpServer("127.0.0.1", 0);
        server.on(REQUEST, (request, response) -> response.status(403).end("x".repeat(201)));
        int port = started(server);

        assertThat(once("ws://127.0.0.1:" + port + "/", "x")).isEqualTo(1);

        assertThat(err.toString()).endsWith(" 403: " + "x".repeat(200) + "..." + System.lineSeparator());
    }

    @Test
    void portWhereNobodyListensIsAFailure() throws IOException {
        int port = unusedPort();

        assertThat(once("ws://127.0.0.1:" + port + "/", "x")).isEqualTo(1);

        assertFailure("cannot connect to ws://127.0.0.1:" + port + "/: connection refused");
    }

    @Test
    void unknownHostIsAFailure() {
        assertThat(once("ws://host.invalid/", "x")).isEqualTo(1);

        assertFailure("cannot connect to ws://host.invalid/: the host name is unknown");
    }

    @Test
    void serverThatNeverAnswersTheHandshakeIsAFailure() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String url = "ws://127.0.0.1:" + silent.getLocalPort() + "/";

            assertThat(once(url, "x", "--timeout", "1")).isEqualTo(1);

            assertFailure("cannot connect to " + url + ": no answer within 1 s (--timeout waits longer)");
        }
    }

    private int once(String url, String text, String... more) {
        List<String> arguments = new ArrayList<>(List.of("connect", url, "--once", text));
        arguments.addAll(List.of(more));
        return Tidewire.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments.toArray(String[]::new));
    }

    private void assertFailure(String sentence) {
        assertThat(err.toString()).isEqualToNormalizingNewlines("tidewire: " + sentence + "\n");
        assertThat(out.toString()).isEmpty();
    }

    private int answering(MessageHandler handler) {
        return started(new WebSocketServer("127.0.0.1", 0).on(MESSAGE, handler));
    }

    private int started(Server server) {
        servers.add(server);
        server.start();
        return server.port();
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
