package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Long messages, which go to the socket out of their arrays as far as it takes them: pushed on the event loop at once, and frames and
 * texts of other threads when the loop comes to them.
 */
@ExtendWith(NoLeaks.class)
class LongPushTest {
    private static final List<Dispatch> DISPATCHES =
            List.of(Dispatch.EVENT_LOOP, Dispatch.VIRTUAL, Dispatch.workers(2));

    private final BlockingQueue<Long> pushed = new LinkedBlockingQueue<>();
    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void longAndShortMessagesComeOutAsTheyWentInWhateverTheSocketTakesAtOnce(Transport transport) {
        for (Dispatch dispatch : DISPATCHES) comeOutAsTheyWentIn(transport, dispatch);
    }

    private void comeOutAsTheyWentIn(Transport transport, Dispatch dispatch) {
        List<byte[]> messages = longAndShort();
        long bytes = messages.stream()
                .mapToLong(message -> FrameWriter.headerBytes(message.length, false) + message.length)
                .sum();
        try (WebSocketServer server = started(pushing(transport, dispatch, messages));
                RawClient slow = Stuck.open(server);
                RawClient fast = open(server)) {
            slow.sendMessage("go");
            long slowFd = take(pushed);
            assertThat(server.queuedBytes(slowFd)).isPositive();
            fast.sendMessage("go");
            long fastFd = take(pushed);
            for (RawClient client : List.of(fast, slow)) {
                for (byte[] message : messages) {
                    assertThat(client.readFrame().payload()).isEqualTo(message);
                }
            }
            until(() -> server.queuedBytes(slowFd) == 0 && server.queuedBytes(fastFd) == 0);
            ClientInfo info = server.clientInfo(slowFd).orElseThrow();
            assertThat(info.messagesSent()).isEqualTo(messages.size());
            assertThat(info.bytesSent())
                    .isEqualTo(server.clientInfo(fastFd).orElseThrow().bytesSent())
                    .isBetween(bytes, bytes + 200); // and the answer to the handshake
        }
    }

    @OnEveryTransport
    void aPeerThatResetsTheConnectionEndsItOnce(Transport transport) {
        for (Dispatch dispatch : DISPATCHES) endsOnce(transport, dispatch);
    }

    private void endsOnce(Transport transport, Dispatch dispatch) {
        try (WebSocketServer server = started(pushing(transport, dispatch, longAndShort()))) {
            RawClient client = Stuck.open(server);
            client.sendMessage("go");
            long fd = take(pushed);
            client.reset();

            assertThat(take(closes).fd()).isEqualTo(fd);
            assertThat(server.push(fd, new byte[100_000])).isEqualTo(SendResult.CLOSED);
            until(() -> server.queuedBytes() == 0);
            assertThat(closes).isEmpty();
        }
    }

    /** These do not divide what a socket or a buffer of a batch takes evenly: a cut between two buffers must not be one inside a message. */
    @OnEveryTransport
    void aSlowPeerIsClosedBetweenMessagesNotInsideOne(Transport transport) {
        for (Dispatch dispatch : DISPATCHES) {
            closedBetweenMessagesOf(20_000, transport, dispatch);
            closedBetweenMessagesOf(70_000, transport, dispatch);
        }
    }

    private void closedBetweenMessagesOf(int bytes, Transport transport, Dispatch dispatch) {
        byte[] message = new byte[bytes];
        Arrays.fill(message, (byte) 'x');
        Frame sent = binary(message);
        ServerOptions options = local().transport(transport)
                .dispatch(dispatch)
                .slowConsumer(SlowConsumer.DISCONNECT)
                .maxQueuedBytes(1 << 20)
                .build();
        WebSocketServer floods = new WebSocketServer(options).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            while (ws.push(frame.fd(), sent) != SendResult.CLOSED) {}
            pushed.add(frame.fd());
        });
        try (WebSocketServer server = started(floods);
                RawClient client = Stuck.open(server)) {
            client.sendMessage("go");
            take(pushed);
            RawFrame frame = client.readFrame();
            while (frame.opcode() == 2) {
                assertThat(frame.payload()).isEqualTo(message);
                frame = client.readFrame();
            }
            assertThat(frame.opcode()).isEqualTo(8);
            assertThat(frame.closeCode()).isEqualTo(1013);
        }
    }

    @OnEveryTransport
    void nothingOvertakesWhatHttpHasSaidBefore(Transport transport) {
        byte[] message = new byte[100_000];
        ServerOptions options =
                local().transport(transport).dispatch(Dispatch.EVENT_LOOP).build();
        WebSocketServer greets = new WebSocketServer(options)
                .on(WebSocketServer.OPEN, (ws, request) -> ws.push(request.fd(), message))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {});
        try (WebSocketServer server = started(greets);
                RawClient client = Fixture.connect(server)) {
            client.sendText(RawClient.upgradeRequest("/", "Expect: 100-continue"));

            assertThat(client.readHttpHead().status()).isEqualTo(100);
            assertThat(client.readHttpHead().status()).isEqualTo(101);
            assertThat(client.readFrame().payload()).isEqualTo(message);
        }
    }

    /** Other threads give the loop what they push, a long text too, without a copy of theirs. */
    @OnEveryTransport
    void aLongTextIsSentAsItIs(Transport transport) {
        String text = "täglich ".repeat(100_000);
        try (WebSocketServer server =
                        started(new WebSocketServer(local().transport(transport).build())
                                .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), text)));
                RawClient client = open(server)) {
            client.sendMessage("go");

            client.expectText(text);
        }
    }

    /** More than the loop takes of one connection at a time, and no more than the socket takes at once: no write ends that would go on. */
    @OnEveryTransport
    void whatIsLeftOfABurstFollows(Transport transport) throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        WebSocketServer holds = new WebSocketServer(local().transport(transport)
                        .threads(1)
                        .dispatch(Dispatch.EVENT_LOOP)
                        .maxQueuedBytes(4 << 20)
                        .build())
                .on(WebSocketServer.OPEN, (ws, request) -> pushed.add(request.fd()))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    held.countDown();
                    release.await();
                });
        byte[] message = new byte[300_000];
        try (WebSocketServer server = started(holds);
                RawClient client = open(server)) {
            long fd = take(pushed);
            client.sendMessage("hold on");
            assertThat(held.await(10, SECONDS)).isTrue();
            server.push(fd, binary(message));
            server.push(fd, "behind it");
            release.countDown();

            assertThat(client.readFrame().payload()).isEqualTo(message);
            client.expectText("behind it");
        } finally {
            release.countDown();
        }
    }

    @OnEveryTransport
    void longFragmentsOfOtherThreadsComeInTheirOrder(Transport transport) {
        byte[] message = longAndShort().get(7);
        Frame first = fragment(Arrays.copyOf(message, 900_000), Opcode.BINARY, false);
        Frame last = fragment(Arrays.copyOfRange(message, 900_000, message.length), Opcode.CONTINUATION, true);
        for (SlowConsumer slow : SlowConsumer.values()) {
            WebSocketServer pushes = new WebSocketServer(local().transport(transport)
                            .slowConsumer(slow)
                            .maxQueuedBytes(4 << 20)
                            .build())
                    .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                        ws.push(frame.fd(), first);
                        ws.push(frame.fd(), "between", Opcode.PING, true);
                        ws.push(frame.fd(), last);
                    });
            try (WebSocketServer server = started(pushes);
                    RawClient client = open(server)) {
                client.sendMessage("go");

                assertThat(client.readFrame().payload()).isEqualTo(first.bytes());
                assertThat(client.readFrame().text()).isEqualTo("between");
                assertThat(client.readFrame().payload()).isEqualTo(last.bytes());
            }
        }
    }

    private static Frame fragment(byte[] bytes, Opcode opcode, boolean fin) {
        return WebSocketServer.unpack(WebSocketServer.pack(bytes, opcode, fin, false));
    }

    private static Frame binary(byte[] message) {
        return fragment(message, Opcode.BINARY, true);
    }

    private WebSocketServer pushing(Transport transport, Dispatch dispatch, List<byte[]> messages) {
        List<Frame> frames = messages.stream().map(LongPushTest::binary).toList();
        ServerOptions options = local().transport(transport)
                .dispatch(dispatch)
                .slowConsumer(SlowConsumer.DROP_NEWEST)
                .maxQueuedBytes(100_000_000)
                .maxTotalQueuedBytes(0)
                .build();
        return new WebSocketServer(options)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    for (Frame message : frames) ws.push(frame.fd(), message);
                    pushed.add(frame.fd());
                })
                .on(WebSocketServer.CLOSE, (ws, close) -> closes.add(close));
    }

    /** Around where messages become long, and more in all than a socket takes. */
    private static List<byte[]> longAndShort() {
        Random random = new Random(27);
        List<byte[]> messages = new ArrayList<>();
        for (int bytes : new int[] {8191, 8192, 0, 65_535, 65_536, 7, 100_000, 1_500_000, 20, 9000, 3_000_000, 5}) {
            byte[] message = new byte[bytes];
            random.nextBytes(message);
            messages.add(message);
        }
        return messages;
    }
}
