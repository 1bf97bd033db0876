package dev.tidewire.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What RFC 6455 asks of a client, at {@code connect}: the JDK's client does it, and is watched here by a server of raw bytes. */
@Timeout(30)
final class ConnectRulesTest {
    private static final String SOUND = """
            HTTP/1.1 101 Switching Protocols
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Accept: {accept}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final ServerSocket listener = listener();
    private final BlockingQueue<Map<String, String>> requests = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() throws IOException {
        listener.close();
    }

    @Test
    void requestIsTheOneOfTheRfcWithAnotherKeyEachTime() throws InterruptedException {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            serve(SOUND, "81026f6b", peer -> {});
            assertThat(once("/chat?a=b", "x")).isZero();

            Map<String, String> headers = requests.take();
            assertThat(headers)
                    .containsEntry("", "GET /chat?a=b HTTP/1.1")
                    .containsEntry("host", "127.0.0.1:" + listener.getLocalPort())
                    .containsEntry("sec-websocket-version", "13")
                    .doesNotContainKeys("sec-websocket-protocol", "sec-websocket-extensions", "origin");
            assertThat(headers.get("upgrade")).isEqualToIgnoringCase("websocket");
            assertThat(headers.get("connection")).containsIgnoringCase("upgrade");
            assertThat(Base64.getDecoder().decode(headers.get("sec-websocket-key")))
                    .hasSize(16);
            assertThat(keys.add(headers.get("sec-websocket-key"))).isTrue();
        }
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '>',
            value = {
                "101 Switching Protocols        > 200 OK",
                "{accept}                       > AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "Sec-WebSocket-Accept: {accept} > X: y",
                "Upgrade: websocket             > Upgrade: h2c",
                "Upgrade: websocket             > X: y",
                "Connection: Upgrade            > Connection: keep-alive",
                "Connection: Upgrade            > X: y",
                "Connection: Upgrade            > Connection: Upgrade;Sec-WebSocket-Protocol: unasked",
                "Connection: Upgrade            > Connection: Upgrade;Sec-WebSocket-Extensions: permessage-deflate",
            })
    void answerThatIsNoHandshakeIsAFailure(String part, String instead) {
        assertThat(SOUND).contains(part);
        serve(SOUND.replace(part, instead.replace(';', '\n')), "81026f6b", peer -> {});

        assertThat(once("/", "x")).isEqualTo(1);

        assertThat(err.toString()).startsWith("tidewire: cannot connect to ");
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "8182000000006f6b", // masked
                "c1026f6b", // a reserved bit
                "a1026f6b",
                "91026f6b",
                "83026f6b", // a reserved opcode
                "8b00",
                "80026f6b", // a continuation of nothing
                "01016f81016b", // a message inside another
                "0900", // a fragmented ping
                "897e007e" + "00", // a ping of 126 bytes
                "817e00026f6b", // a length that is not the shortest
                "817f8000000000000000", // a length with its top bit set
                "8101ff", // not UTF-8
                "880103", // half a close code
                "880203ed", // 1005
                "880203e7", // 999
                "880403e8c328", // a reason that is not UTF-8
            })
    void frameThatBreaksARuleIsNoReply(String hex) {
        serve(SOUND, hex, peer -> {});

        assertThat(once("/", "x", "--timeout", "3")).isEqualTo(1);

        assertThat(err.toString()).startsWith("tidewire: the connection was lost before a reply");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void everyFrameIsMaskedWithAKeyOfItsOwnAndPingsAndClosesAreAnswered() {
        Set<Integer> keys = new HashSet<>();
        CompletableFuture<Void> watched = new CompletableFuture<>();
        // A ping, the reply that --once waits for, and the answer to the close frame that follows it.
        serve(SOUND, "8903736f73" + "81026f6b", peer -> {
            try {
                Set<String> frames = new HashSet<>();
                for (int i = 0; i < 3; i++) {
                    frames.add(readFrame(peer, keys));
                }
                assertThat(frames).containsExactlyInAnyOrder("81 question", "8a sos", "88 \u0003\u00e8");
                peer.getOutputStream().write(HexFormat.of().parseHex("880203e8"));
                watched.complete(null);
            } catch (IOException | RuntimeException | AssertionError e) {
                watched.completeExceptionally(e);
            }
        });

        assertThat(once("/", "question")).isZero();

        watched.join();
        assertThat(keys).hasSize(3);
        assertThat(out.toString()).isEqualToNormalizingNewlines("ok\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ws://127.0.0.1/#top", "http://127.0.0.1/", "ws:///path", "127.0.0.1:9502"})
    void urlThatIsNoWebSocketUrlIsRefused(String url) {
        assertThat(run("connect", url)).isEqualTo(2);
    }

    private int once(String target, String text, String... more) {
        String[] arguments = {"connect", "ws://127.0.0.1:" + listener.getLocalPort() + target, "--once", text};
        return run(List.of(List.of(arguments), List.of(more)).stream()
                .flatMap(List::stream)
                .toArray(String[]::new));
    }

    private int run(String... arguments) {
        return Tidewire.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    /** Takes one connection, answers its request, sends some bytes behind it, and reads until the client ends. */
    private void serve(String answer, String bytesInHex, Talk talk) {
        Thread.ofVirtual().start(() -> {
            try (Socket peer = listener.accept()) {
                Map<String, String> headers = readHead(peer);
                requests.add(headers);
                String head = answer.replace("{accept}", accept(headers.getOrDefault("sec-websocket-key", "")));
                peer.getOutputStream().write((head + "\n").replace("\n", "\r\n").getBytes(US_ASCII));
                peer.getOutputStream().write(HexFormat.of().parseHex(bytesInHex));
                talk.with(peer);
                byte[] close = {(byte) 0x88, 2, 3, (byte) 0xe8};
                peer.getOutputStream().write(close);
                peer.shutdownOutput();
                peer.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException clientLeft) {
                // as it may; what it said is checked by the test
            }
        });
    }

    /** The request line under the empty name, headers under theirs in lower case. */
    private static Map<String, String> readHead(Socket peer) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = peer.getInputStream().read();
            if (next < 0) throw new IOException("the request ended early: " + head);
            head.append((char) next);
        }
        List<String> lines = head.toString().lines().toList();
        Map<String, String> headers = new TreeMap<>(Map.of("", lines.getFirst()));
        for (String line : lines.subList(1, lines.size() - 1)) {
            int colon = line.indexOf(':');
            String before = headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
            assertThat(before).as("a header that is there twice: %s", line).isNull();
        }
        return headers;
    }

    /** Opcode byte and payload of a short frame. */
    private static String readFrame(Socket peer, Set<Integer> keys) throws IOException {
        var in = new DataInputStream(peer.getInputStream());
        int first = in.readUnsignedByte();
        int second = in.readUnsignedByte();
        assertThat(second).as("masked, and short").isBetween(0x80, 0x80 + 125);
        int key = in.readInt();
        keys.add(key);
        byte[] payload = in.readNBytes(second - 0x80);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= (byte) (key >>> (24 - i % 4 * 8));
        }
        return Integer.toHexString(first) + ' ' + new String(payload, first == 0x81 ? UTF_8 : ISO_8859_1);
    }

    private static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1")
                    .digest((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static ServerSocket listener() {
        try {
            return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the server does behind its first bytes. */
    private interface Talk {
        void with(Socket peer) throws IOException;
    }
}
