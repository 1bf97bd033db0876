package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import dev.tidewire.testkit.RawFrame;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeaks.class)
class CompressionTest {
    private static final DeflatePolicy TAKEOVER = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 0);
    private static final DeflatePolicy ALONE = new DeflatePolicy(true, true, 15, true, 15, 6, 8, 0);
    private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    private static final String LONG = "All work and no play makes Jack a dull boy. ".repeat(50);
    private static final int PING = 9;
    private static final int RSV1 = 4;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "permessage-deflate                             | permessage-deflate",
                "permessage-deflate; server_max_window_bits=10  | permessage-deflate; server_max_window_bits=10",
                "permessage-deflate; server_no_context_takeover | permessage-deflate; server_no_context_takeover",
                "permessage-deflate; unknown, permessage-deflate| permessage-deflate",
                "x-webkit-deflate-frame                         | none",
                "permessage-deflate; server_max_window_bits=16  | none",
            })
    void offersAreAnsweredOrDeclined(String offer, String answer) {
        try (var server = echo(TAKEOVER, Dispatch.VIRTUAL);
                RawClient client = connect(server)) {
            var response = client.upgrade("/", "Sec-WebSocket-Extensions: " + offer);

            assertThat(response.header("sec-websocket-extensions").orElse("none"))
                    .isEqualTo(answer);
            client.sendMessage("plain").readFrame();
        }
    }

    @Test
    void offersAreDeclinedUnlessCompressionIsAskedFor() {
        try (var server = echo(DeflatePolicy.OFF, Dispatch.VIRTUAL);
                RawClient client = connect(server)) {
            assertThat(client.upgrade("/", OFFER).header("sec-websocket-extensions"))
                    .isEmpty();
        }
    }

    @InEveryDispatch
    void messagesComeBackCompressedWithAndWithoutMemoryOfEarlierOnes(Dispatch dispatch) throws Exception {
        for (DeflatePolicy policy : new DeflatePolicy[] {TAKEOVER, ALONE}) {
            try (var server = echo(policy, dispatch);
                    RawClient client = connect(server);
                    RawDeflate memory = new RawDeflate()) {
                client.upgrade("/", OFFER);
                for (int i = 0; i < 5; i++) {
                    client.send(compressedFrame(client, LONG + i));
                    RawFrame reply = client.readFrame();
                    assertThat(reply.rsv()).isEqualTo(RSV1);
                    try (RawDeflate alone = new RawDeflate()) {
                        assertThat((policy.equals(ALONE) ? alone : memory).text(reply))
                                .isEqualTo(LONG + i);
                    }
                }
            }
        }
    }

    @InEveryDispatch
    void messagesThatReferToEarlierOnesAreRead(Dispatch dispatch) throws Exception {
        try (var talk = new Remembering(dispatch)) {
            String message = random(800);
            byte[] first = talk.memory.deflate(message);
            talk.send(first);
            talk.expect(message);
            for (int i = 0; i < 4; i++) {
                byte[] referring = talk.memory.deflate(message + i);
                assertThat(referring.length).isLessThan(first.length / 4);
                talk.send(referring);
                talk.expect(message + i);
            }
        }
    }

    @InEveryDispatch
    void aCompressedMessageMayBeCutAnywhereAndReferredToAfterwards(Dispatch dispatch) throws Exception {
        try (var talk = new Remembering(dispatch)) {
            RawClient client = talk.client;
            String message = random(40).repeat(3);
            client.send(client.compressedFrame(1, false, new byte[0]));
            for (byte part : talk.memory.deflate(message)) {
                client.sendFrame(0, false, new byte[] {part});
                client.sendFrame(PING, true, new byte[] {part});
                assertThat(client.readFrame().payload()).containsExactly(part);
            }
            client.sendFrame(0, true, new byte[0]);
            talk.expect(message);

            talk.send(talk.memory.deflate(message));
            talk.expect(message);
        }
    }

    /** RFC 7692 §7.2.3.4: a message may end with the last block of a DEFLATE stream. What came before is remembered. */
    @InEveryDispatch
    void theLastBlockOfAStreamEndsAMessageAndNotWhatIsRemembered(Dispatch dispatch) throws Exception {
        try (var talk = new Remembering(dispatch);
                Deflater ending = new Deflater(6, true)) {
            String message = random(800);
            byte[] buffer = new byte[2_000];
            ending.setInput(message.getBytes(UTF_8));
            ending.finish();
            int length = ending.deflate(buffer);
            talk.send(Arrays.copyOf(buffer, length + 1)); // with a byte of no bits
            talk.expect(message);

            byte[] first = talk.memory.deflate(message); // as if this had been sent, for what is remembered is the text
            byte[] referring = talk.memory.deflate(message);
            assertThat(referring.length).isLessThan(100).isLessThan(first.length);
            talk.send(referring);
            talk.expect(message);
        }
    }

    /** A client, and a server that echoes what it says, which both remember earlier messages. */
    private static final class Remembering implements AutoCloseable {
        private final WebSocketServer server;
        private final RawClient client;
        private final RawDeflate memory = new RawDeflate();

        Remembering(Dispatch dispatch) {
            server = echo(TAKEOVER, dispatch);
            client = connect(server);
            client.upgrade("/", OFFER);
        }

        void send(byte[] compressed) {
            client.send(client.compressedFrame(1, true, compressed));
        }

        void expect(String message) {
            RawFrame reply = client.readFrame();
            assertThat(reply.rsv()).isEqualTo(RSV1);
            assertThat(memory.text(reply)).isEqualTo(message);
        }

        @Override
        public void close() {
            memory.close();
            client.close();
            server.close();
        }
    }

    @Test
    void memoryOfEarlierMessagesMakesLaterOnesShorter() {
        try (var server = echo(TAKEOVER, Dispatch.EVENT_LOOP);
                RawClient client = connect(server)) {
            client.upgrade("/", OFFER);
            String message = random(800);

            int first = client.sendMessage(message).readFrame().payload().length;
            int second = client.sendMessage(message).readFrame().payload().length;

            assertThat(second).isLessThan(first / 4);
        }
    }

    @Test
    void messagesUnderTheThresholdAndThoseThatWouldGrowGoAsTheyAre() {
        var policy = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 100);
        try (var server = echo(policy, Dispatch.VIRTUAL);
                RawClient client = connect(server)) {
            client.upgrade("/", OFFER);
            byte[] noise = new byte[5_000];
            new Random(1).nextBytes(noise);

            assertThat(client.sendMessage("a".repeat(99)).readFrame().rsv()).isZero();
            assertThat(client.sendMessage("a".repeat(100)).readFrame().rsv()).isEqualTo(RSV1);
            RawFrame incompressible = client.sendMessage(noise).readFrame();
            assertThat(incompressible.rsv()).isZero();
            assertThat(incompressible.payload()).isEqualTo(noise);
            assertThat(client.sendMessage("a".repeat(100)).readFrame().rsv()).isEqualTo(RSV1);
        }
    }

    @Test
    void eachPushMayChoose() {
        try (var server = started(new WebSocketServer(
                                local().compression(new DeflatePolicy(true, false, 15, false, 15, 6, 8, 100))
                                        .build())
                        .on(MESSAGE, (ws, frame) -> {
                            ws.push(frame.fd(), LONG.getBytes(UTF_8), Opcode.TEXT, true, false);
                            ws.push(
                                    frame.fd(),
                                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".getBytes(UTF_8),
                                    Opcode.TEXT,
                                    true,
                                    true);
                        }));
                RawClient client = connect(server)) {
            client.upgrade("/", OFFER);
            client.sendMessage("go");

            assertThat(client.readFrame().rsv()).isZero();
            assertThat(client.readFrame().rsv()).isEqualTo(RSV1);
        }
    }

    @InEveryDispatch
    void fragmentsAreCompressedAsOneMessage(Dispatch dispatch) throws Exception {
        try (var server = started(new WebSocketServer(
                                local().dispatch(dispatch).compression(TAKEOVER).build())
                        .on(MESSAGE, (ws, frame) -> {
                            ws.push(frame.fd(), LONG, Opcode.TEXT, false);
                            ws.push(frame.fd(), "in between");
                            ws.push(frame.fd(), LONG, Opcode.CONTINUATION, false);
                            ws.push(frame.fd(), "", Opcode.CONTINUATION, true);
                        }));
                RawClient client = connect(server);
                RawDeflate memory = new RawDeflate()) {
            client.upgrade("/", OFFER);
            client.sendMessage("go");

            RawFrame first = client.readFrame();
            RawFrame second = client.readFrame();
            RawFrame third = client.readFrame();
            RawFrame other = client.readFrame();

            assertThat(first.rsv()).isEqualTo(RSV1);
            assertThat(first.fin()).isFalse();
            assertThat(second.rsv()).isZero();
            assertThat(second.opcode()).isZero();
            assertThat(third.fin()).isTrue();
            byte[] whole = Fixture.together(first.payload(), second.payload(), third.payload());
            assertThat(memory.inflate(whole)).asString(UTF_8).isEqualTo(LONG + LONG);
            assertThat(memory.text(other)).isEqualTo("in between");
        }
    }

    @Test
    void manyThreadsPushingKeepTheStreamReadable() throws Exception {
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        try (var server = started(new WebSocketServer(local().compression(TAKEOVER)
                                .maxQueuedBytes(64 << 20)
                                .build())
                        .on(OPEN, (ws, request) -> fds.add(request.fd()))
                        .on(MESSAGE, (ws, frame) -> {}));
                RawClient client = connect(server);
                RawDeflate memory = new RawDeflate()) {
            client.upgrade("/", OFFER);
            long fd = take(fds);
            int threads = 8;
            int each = 100;
            CountDownLatch done = new CountDownLatch(threads);
            for (int t = 0; t < threads; t++) {
                int thread = t;
                Thread.startVirtualThread(() -> {
                    for (int i = 0; i < each; i++) {
                        assertThat(server.push(fd, thread + ":" + i + ":" + LONG))
                                .isNotEqualTo(SendResult.DROPPED);
                    }
                    done.countDown();
                });
            }
            await(done);

            int[] next = new int[threads];
            for (int i = 0; i < threads * each; i++) {
                String[] parts = memory.text(client.readFrame()).split(":", 3);
                assertThat(parts[1]).isEqualTo("" + next[Integer.parseInt(parts[0])]++);
                assertThat(parts[2]).isEqualTo(LONG);
            }
            until(() -> server.queuedBytes(fd) == 0); // which the server sees later than the client has the bytes
        }
    }

    @Test
    void aBombCostsNoMoreThanTheMessageLimit() {
        BlockingQueue<Integer> codes = new LinkedBlockingQueue<>();
        try (var server = started(new WebSocketServer(local().compression(ALONE)
                                .maxMessageBytes(100_000)
                                .build())
                        .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "fits"))
                        .on(CLOSE, (ws, close) -> codes.add(close.code())));
                RawClient client = connect(server)) {
            client.upgrade("/", OFFER);

            client.send(compressedFrame(client, "0".repeat(100_000)));
            client.readFrame();
            client.send(compressedFrame(client, "0".repeat(100_001)));
            client.expectClose(1009);
            client.close();

            assertThat(take(codes)).isEqualTo(1009);
            assertThat(server.counters()).containsEntry("limit.maxMessageBytes", 1L);
        }
    }

    @Test
    void manyMessagesOfOneReadLetOthersIn() {
        List<String> texts = Stream.generate(new Random(1)::nextLong)
                .limit(48)
                .map(number -> Long.toString(number, 36).repeat(3)
                        + new Random(number).doubles(20).boxed().toList())
                .toList();
        List<String> handled = new CopyOnWriteArrayList<>();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        WebSocketServer listening = new WebSocketServer(local().threads(1)
                        .dispatch(Dispatch.EVENT_LOOP)
                        .compression(ALONE)
                        .build())
                .on(MESSAGE, (ws, frame) -> {
                    handled.add(frame.text());
                    begun.countDown();
                    await(goOn);
                    Thread.sleep(1);
                });
        try (var server = started(listening);
                RawClient client = connect(server);
                RawClient other = open(server)) {
            client.upgrade("/", OFFER);
            client.send(together(
                    texts.stream().map(text -> compressedFrame(client, text)).toArray(byte[][]::new)));
            await(begun);
            other.sendMessage("other");
            goOn.countDown();

            until(() -> handled.size() == texts.size() + 1);
            assertThat(handled).endsWith(texts.getLast()).contains("other");
            assertThat(handled.stream().filter(text -> !text.equals("other"))).containsExactlyElementsOf(texts);
        }
    }

    @Test
    void garbageInPlaceOfCompressedDataIs1007() {
        try (var server = echo(ALONE, Dispatch.VIRTUAL);
                RawClient client = connect(server)) {
            client.upgrade("/", OFFER);

            client.send(client.compressedFrame(1, true, new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF}));

            client.expectClose(1007);
        }
    }

    @Test
    void theCompressedBitWithoutAgreementIs1002() {
        try (var server = echo(ALONE, Dispatch.VIRTUAL);
                RawClient client = connect(server)) {
            client.upgrade("/");

            client.send(compressedFrame(client, "hello"));

            client.expectClose(1002);
        }
    }

    private static WebSocketServer echo(DeflatePolicy policy, Dispatch dispatch) {
        return started(
                Fixture.echo(local().compression(policy).dispatch(dispatch).build()));
    }

    private static byte[] compressedFrame(RawClient client, String text) {
        try (RawDeflate alone = new RawDeflate()) {
            return client.compressedFrame(1, true, alone.deflate(text));
        }
    }

    /** Text that only memory makes shorter. */
    private static String random(int length) {
        return new Random(7)
                .ints(length, ' ' + 1, '~')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
