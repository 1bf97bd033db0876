package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.pack;
import static dev.tidewire.server.WebSocketServer.unpack;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class PushTest {
    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private WebSocketServer server = listening(
            local().maxQueuedBytes(1 << 20)
                    .slowConsumer(SlowConsumer.DROP_NEWEST)
                    .build(),
            fds);
    private RawClient client;
    private long fd;

    @BeforeEach
    void openOne() {
        openOn(server);
    }

    private void openOn(WebSocketServer fresh) {
        server = started(fresh);
        client = open(server);
        fd = take(fds);
    }

    @AfterEach
    void closeAll() {
        client.close();
        server.close();
    }

    @Test
    void textIsATextFrame() {
        assertThat(server.push(fd, "grüße")).isEqualTo(SendResult.SENT);

        client.expectText("grüße");
    }

    @Test
    void bytesAreABinaryFrame() {
        assertThat(server.push(fd, new byte[] {0, (byte) 0xff})).isEqualTo(SendResult.SENT);

        assertThat(client.read(4)).asHexString().isEqualTo("820200FF");
    }

    @Test
    void aFrameIsSentOnAsItIs() {
        for (byte[] frame : List.of(
                pack("Hel", Opcode.TEXT, false, true),
                pack("lo", Opcode.CONTINUATION, true, true),
                pack(new byte[] {1}, Opcode.BINARY, true, false))) {
            assertThat(server.push(fd, unpack(frame))).isEqualTo(SendResult.SENT);
        }

        assertThat(client.read(12)).asHexString().isEqualTo("010348656C" + "80026C6F" + "820101");
    }

    /** Those with a key, and those behind an unfinished one, may have to wait one by one; the others have shorter ways. */
    @InEveryDispatch
    void messagesOfAllKindsKeepTheOrderOfTheirThread(Dispatch dispatch) {
        closeAll();
        CompletableFuture<Void> answers = new CompletableFuture<>();
        WebSocketServer answering = listening(local(dispatch), fds)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> requireTaken(ws.push(frame.fd(), frame.text())))
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> answers.completeExceptionally(cause));
        openOn(answering);
        int each = 3000;
        CompletableFuture<Void> fragments = pushing(each, i -> {
            String text = "0 " + i;
            if (i % 3 == 0) {
                requireTaken(server.push(fd, ascii(text), Opcode.TEXT, false));
                requireTaken(server.push(fd, new byte[0], Opcode.CONTINUATION, true));
            } else {
                pushWhole(i, text);
            }
        });
        CompletableFuture<Void> wholes = pushing(each, i -> pushWhole(i, "1 " + i));
        try {
            for (int i = 0; i < each; i++) client.sendMessage("2 " + i);

            int[] next = new int[3];
            for (int i = 0; i < 3 * each; i++) {
                String text = new String(client.readMessage().payload(), US_ASCII);
                int from = text.charAt(0) - '0';
                assertThat(text).isEqualTo(from + " " + next[from]++);
            }
            answers.complete(null);
        } finally {
            // What was not sent is the reason for whatever went wrong above.
            CompletableFuture.allOf(fragments, wholes).join();
            if (answers.isCompletedExceptionally()) answers.join();
        }
    }

    private static CompletableFuture<Void> pushing(int count, IntConsumer push) {
        return CompletableFuture.runAsync(
                () -> IntStream.range(0, count).forEach(push),
                task -> Thread.ofPlatform().start(task));
    }

    private void pushWhole(int number, String text) {
        requireTaken(number % 2 == 0 ? server.push(fd, text) : server.pushLatest(fd, text, text));
    }

    private static void requireTaken(SendResult result) {
        assertThat(result).isIn(SendResult.SENT, SendResult.QUEUED);
    }

    /** Short ones share buffers on their way to the loop; long ones, fragments and control frames do not. */
    @Test
    void messagesOfAllLengthsKeepTheirOrderAndAreCountedOneByOne() {
        Random random = new Random(7);
        int messages = 3000;
        List<byte[]> payloads = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            byte[] payload = new byte[random.nextInt(random.nextInt(10) == 0 ? 2000 : 140)];
            random.nextBytes(payload);
            payloads.add(payload);
            if (i % 100 == 99) server.push(fd, new byte[] {(byte) i}, Opcode.PING, true);
            assertThat(server.push(fd, payload)).isNotIn(SendResult.DROPPED, SendResult.CLOSED);
        }

        for (int i = 0; i < messages; i++) {
            if (i % 100 == 99) assertThat(client.readFrame().payload()).containsExactly((byte) i);
            assertThat(client.readFrame().payload()).isEqualTo(payloads.get(i));
        }
        until(() -> server.queuedBytes(fd) == 0);
        assertThat(server.clientInfo(fd).orElseThrow().messagesSent()).isEqualTo(messages);
    }

    @ParameterizedTest(name = "opcode {0}, fin {1}")
    @CsvSource({
        "1,  true,  81 01 41",
        "2,  true,  82 01 41",
        "9,  true,  89 01 41",
        "10, true,  8A 01 41",
        // A control frame may not be fragmented (RFC 6455 §5.5).
        "9,  false, 89 01 41",
        "10, false, 8A 01 41",
        "1,  false, 01 01 41",
        "2,  false, 02 01 41",
    })
    void everyOpcodeCanBePushed(int opcode, boolean fin, String frame) {
        assertThat(server.push(fd, "A", opcode, fin)).isEqualTo(SendResult.SENT);

        assertThat(client.read(3)).asHexString().isEqualTo(frame.replace(" ", ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16, 256})
    void otherOpcodesAreRefused(int opcode) {
        assertThatThrownBy(() -> server.push(fd, "A", opcode, true)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> server.push(fd, new byte[1], opcode, true))
                .isInstanceOf(IllegalArgumentException.class);
        assertNothingWasSent();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TEXT", "BINARY", "PING", "PONG", "CLOSE"})
    void aPayloadMayBeEmpty(Opcode opcode) {
        assertThat(server.push(fd, new byte[0], opcode, true)).isEqualTo(SendResult.SENT);

        RawFrame frame = client.readFrame();
        assertThat(frame.opcode()).isEqualTo(opcode.code());
        assertThat(frame.payload()).isEmpty();
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {0, 1, 125, 126, 65_535, 65_536, 1_000_000})
    void everyLengthArrivesWhole(int bytes) {
        byte[] payload = new byte[bytes];
        new Random(bytes).nextBytes(payload);

        assertThat(server.push(fd, payload)).isEqualTo(SendResult.SENT);

        assertThat(client.readFrame().payload()).isEqualTo(payload);
    }

    @InEveryDispatch
    void everyLengthArrivesWholeFromAHandler(Dispatch dispatch) {
        try (WebSocketServer echoes = started(echo(local(dispatch)));
                RawClient speaker = open(echoes)) {
            for (int bytes : new int[] {0, 125, 126, 65_535, 65_536, 1_000_000}) {
                byte[] payload = new byte[bytes];
                new Random(bytes).nextBytes(payload);

                assertThat(speaker.sendMessage(payload).readFrame().payload()).isEqualTo(payload);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PING", "PONG", "CLOSE"})
    void aControlFrameOver125BytesIsRefused(Opcode opcode) {
        for (long anyone : new long[] {fd, fd + 1}) {
            assertThatThrownBy(() -> server.push(anyone, new byte[126], opcode, true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a control frame holds at most 125 bytes (RFC 6455 §5.5), was 126");
        }
        assertNothingWasSent();
    }

    @Test
    void thePayloadIsCopiedBeforePushReturns() {
        byte[] payload = {1, 2, 3};
        server.push(fd, payload);
        Arrays.fill(payload, (byte) 0);

        assertThat(client.readFrame().payload()).containsExactly(1, 2, 3);
    }

    @Test
    void pingsCarryTheirPayload() {
        assertThat(server.ping(fd)).isEqualTo(SendResult.SENT);
        assertThat(server.ping(fd, new byte[125])).isEqualTo(SendResult.SENT);
        assertThatThrownBy(() -> server.ping(fd, new byte[126])).isInstanceOf(IllegalArgumentException.class);

        assertThat(client.read(2)).asHexString().isEqualTo("8900");
        assertThat(client.readFrame().payload()).hasSize(125);
    }

    @Test
    void whatNoQueueCouldHoldIsDropped() {
        closeAll();
        openOn(listening(local().maxQueuedBytes(1000).build(), fds));
        until(() -> server.queuedBytes(fd) == 0);

        assertThat(server.push(fd, new byte[996])).isEqualTo(SendResult.SENT);
        assertThat(client.readFrame().payload()).hasSize(996);
        until(() -> server.queuedBytes(fd) == 0);
        assertThat(server.push(fd, new byte[997])).isEqualTo(SendResult.DROPPED);
        assertThat(server.queuedBytes(fd)).isZero();
        assertNothingWasSent();
    }

    @Test
    void aPeerThatDoesNotReadIsSeenInTheResultAndGetsAllThatWasTaken() {
        AtomicInteger taken = new AtomicInteger();
        Set<SendResult> results = EnumSet.noneOf(SendResult.class);
        // The first refusal only says that the loop is behind: full it stays once the socket takes no more either.
        until(() -> {
            while (true) {
                SendResult result = server.push(fd, new byte[60_000]);
                results.add(result);
                if (result == SendResult.DROPPED) break;
                taken.incrementAndGet();
            }
            return server.queuedBytes(fd) > (1 << 20) - 60_004;
        });

        assertThat(results).contains(SendResult.QUEUED);
        for (int i = 0; i < taken.get(); i++) {
            assertThat(client.readFrame().payload()).hasSize(60_000);
        }
        assertNothingWasSent();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, 4711, 1025, Long.MAX_VALUE, Long.MIN_VALUE})
    void anUnknownFdIsClosed(long nobody) {
        assertThat(server.push(nobody, "late")).isEqualTo(SendResult.CLOSED);
        assertThat(server.push(nobody, new byte[0])).isEqualTo(SendResult.CLOSED);
        assertThat(server.ping(nobody)).isEqualTo(SendResult.CLOSED);
    }

    @Test
    void whoHasGoneIsClosed() {
        client.close();
        until(() -> !server.exists(fd));

        assertThat(server.push(fd, "late")).isEqualTo(SendResult.CLOSED);
        assertThat(server.ping(fd)).isEqualTo(SendResult.CLOSED);
    }

    @Test
    void nothingFollowsADisconnect() {
        assertThat(server.disconnect(fd, 4000, "")).isTrue();

        assertThat(server.push(fd, "late")).isEqualTo(SendResult.CLOSED);
        assertThat(server.push(fd, new byte[0], Opcode.CLOSE, true)).isEqualTo(SendResult.CLOSED);
        client.expectClose(4000);
    }

    @Test
    void beforeTheHandshakeThereIsNoWebSocketToPushTo() {
        try (RawClient silent = Fixture.connect(server)) {
            until(() -> server.connections().count() == 2);

            assertThat(server.push(fd + 1, "early")).isEqualTo(SendResult.CLOSED);
        }
    }

    private void assertNothingWasSent() {
        server.push(fd, "next");
        client.expectText("next");
    }
}
