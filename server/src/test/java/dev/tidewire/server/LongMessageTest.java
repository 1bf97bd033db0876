package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import dev.tidewire.testkit.RawFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages that are received straight into the application's array once it is known that they are long (ADR-0028). */
@ExtendWith(NoLeaks.class)
class LongMessageTest {
    private static final int MIB = 1 << 20;

    private final BlockingQueue<Frame> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();

    static Stream<Arguments> everywhere() {
        return OnEveryTransport.Working.transports()
                .flatMap(transport -> Stream.of(Dispatch.EVENT_LOOP, Dispatch.VIRTUAL)
                        .map(dispatch -> Arguments.of(transport, dispatch)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("everywhere")
    void messagesAreHeardAsTheyWereSentHoweverTheNetworkCutsThem(Transport transport, Dispatch dispatch)
            throws InterruptedException {
        for (int seed = 0; seed < 3; seed++) {
            Random random = new Random(seed);
            List<byte[]> messages = messages(random);
            try (WebSocketServer server = started(listening(transport, dispatch));
                    RawClient client = open(server)) {
                Thread sender = Thread.ofPlatform().start(() -> say(client, messages, random));
                for (int i = 0; i < messages.size(); i++) {
                    assertThat(take(heard).bytes())
                            .as("seed %d, message %d", seed, i)
                            .isEqualTo(messages.get(i));
                    // Wherever reading stops, it goes on from there.
                    if (i % 5 == 4) stopForAMoment(server);
                }
                sender.join();
                client.sendClose(1000).expectClose(1000);
            }
        }
    }

    @OnEveryTransport
    void whatIsSaidBetweenTheFragmentsIsHeardBetweenThem(Transport transport) {
        byte[] message = random(new Random(1), 3 * MIB);
        try (WebSocketServer server = started(listening(transport, Dispatch.EVENT_LOOP));
                RawClient client = open(server)) {
            for (int round = 0; round < 3; round++) {
                client.sendFrame(2, false, Arrays.copyOf(message, MIB));
                client.sendFrame(9, true, new byte[] {1});
                assertThat(client.readFrame().opcode()).isEqualTo(10);
                client.sendFrame(0, true, Arrays.copyOfRange(message, MIB, message.length));
                assertThat(take(heard).bytes()).isEqualTo(message);
            }
        }
    }

    @OnEveryTransport
    void textThatIsNotUtf8IsRefusedBeforeItsFrameEnds(Transport transport) {
        byte[] text = "long \u00e4nd \u20ac ".repeat(100_000).getBytes(StandardCharsets.UTF_8);
        try (WebSocketServer server = started(listening(transport, Dispatch.EVENT_LOOP));
                RawClient client = open(server)) {
            client.sendFrame(1, true, text);
            assertThat(take(heard).bytes()).isEqualTo(text);

            byte[] frame = client.maskKey(0).frame(1, true, text);
            frame[frame.length / 2] = (byte) 0xff;
            client.send(Arrays.copyOf(frame, frame.length / 2 + 1));
            client.expectClose(1007);
        }
    }

    @OnEveryTransport
    void aPeerThatEndsOrResetsInsideAMessageIsGoneOnce(Transport transport) {
        try (WebSocketServer server = started(listening(transport, Dispatch.EVENT_LOOP))) {
            for (boolean reset : new boolean[] {false, true}) {
                RawClient client = open(server);
                client.sendMessage(new byte[MIB]);
                take(heard);
                byte[] frame = client.frame(2, true, new byte[4 * MIB]);
                client.send(Arrays.copyOf(frame, 3 * MIB));
                until(() -> bytesReceived(server) > 3 * MIB);
                if (reset) {
                    client.reset();
                } else {
                    client.halfClose();
                }
                assertThat(Fixture.summary(take(closes))).isEqualTo("1006 CLIENT unclean");
                until(() -> server.connections().count() == 0);
                client.close();
            }
            assertThat(closes).isEmpty();
            assertThat(heard).isEmpty();
        }
    }

    @OnEveryTransport
    void aLongEchoIsWhatWasSentWhileTheSocketTakesOnlySomeOfIt(Transport transport) throws InterruptedException {
        Random random = new Random(7);
        List<byte[]> messages =
                Stream.generate(() -> random(random, MIB)).limit(12).toList();
        var options = local().transport(transport)
                .dispatch(Dispatch.EVENT_LOOP)
                .maxMessageBytes(16 * MIB)
                .maxQueuedBytes(64 * MIB);
        try (WebSocketServer server = started(Fixture.echo(options.build()));
                RawClient client = open(server)) {
            Thread sender = Thread.ofPlatform().start(() -> messages.forEach(client::sendMessage));
            for (byte[] message : messages) {
                RawFrame echo = client.readFrame();
                assertThat(echo.payload()).isEqualTo(message);
            }
            sender.join();
        }
    }

    /** More than the kernel's receive ring has room for. */
    @OnEveryTransport
    void manyClientsOfOneLoopAreEachHeardAsTheySpoke(Transport transport) throws InterruptedException {
        int clients = 24;
        int messages = 5;
        ConcurrentMap<Integer, Integer> counts = new ConcurrentHashMap<>();
        BlockingQueue<String> wrong = new LinkedBlockingQueue<>();
        Set<Long> idle = new CopyOnWriteArraySet<>();
        var options = local().transport(transport)
                .dispatch(Dispatch.EVENT_LOOP)
                .threads(1)
                .maxMessageBytes(16 * MIB);
        var hearing = new WebSocketServer(options.build()).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            int client = ByteBuffer.wrap(frame.bytes()).getInt();
            int count = counts.merge(client, 1, Integer::sum);
            if (!Arrays.equals(frame.bytes(), numbered(client, count))) wrong.add(client + " " + count);
            // What Netty wants of the kernel is asked for in the middle of this, for there is no room for more of it.
            idle.forEach(ws::pause);
            idle.forEach(ws::resume);
        });
        try (WebSocketServer server = started(hearing)) {
            List<RawClient> others =
                    Stream.generate(() -> open(server)).limit(150).toList();
            server.connections().stream().forEach(idle::add);
            List<RawClient> open =
                    Stream.generate(() -> open(server)).limit(clients).toList();
            List<Thread> senders = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int number = i;
                senders.add(Thread.ofPlatform().start(() -> {
                    for (int count = 1; count <= messages; count++) {
                        open.get(number).sendMessage(numbered(number, count));
                    }
                }));
            }
            for (Thread sender : senders) {
                sender.join();
            }
            until(() -> counts.values().stream().mapToInt(Integer::intValue).sum() == clients * messages);
            assertThat(wrong).isEmpty();
            open.forEach(client -> client.sendClose(1000).expectClose(1000));
            Stream.concat(open.stream(), others.stream()).forEach(RawClient::close);
        }
    }

    private static byte[] numbered(int client, int count) {
        Random random = new Random(1000L * client + count);
        byte[] message = random(random, 200_000 + random.nextInt(MIB));
        ByteBuffer.wrap(message).putInt(client);
        return message;
    }

    @OnEveryTransport
    void aHandlerMayEndTheConnectionWithMoreWaitingBehindItsMessage(Transport transport) {
        for (String how : List.of("disconnect", "abort", "fail")) {
            WebSocketServer server = listening(transport, Dispatch.EVENT_LOOP);
            server.on(WebSocketServer.MESSAGE, (ws, frame) -> {
                heard.add(frame);
                if (frame.bytes()[0] == 0) return;
                switch (how) {
                    case "disconnect" -> ws.disconnect(frame.fd());
                    case "abort" -> ws.abort(frame.fd());
                    default -> throw new IllegalStateException("as the test wants it");
                }
            });
            try (WebSocketServer started = started(server);
                    RawClient client = open(started)) {
                client.sendMessage(new byte[MIB]);
                take(heard);
                byte[] last = new byte[MIB];
                last[0] = 1;
                byte[] frame = client.frame(2, true, last);
                sendWhatIsTaken(client, Fixture.together(frame, frame, Arrays.copyOf(frame, MIB / 2)));
                take(heard);
                switch (how) {
                    case "disconnect" -> client.expectClose(1000);
                    case "abort" -> {}
                    default -> client.expectClose(1011);
                }
            }
            take(closes);
            assertThat(heard).as(how).isEmpty();
        }
    }

    private static void sendWhatIsTaken(RawClient client, byte[] bytes) {
        try {
            client.send(bytes);
        } catch (UncheckedIOException reset) {
            // that the server has heard enough is what this is about
        }
    }

    @OnEveryTransport
    void aHandlerMayPauseWithMoreWaitingBehindItsMessage(Transport transport) {
        WebSocketServer listening = listening(transport, Dispatch.EVENT_LOOP);
        listening.on(WebSocketServer.MESSAGE, (ws, frame) -> {
            heard.add(frame);
            ws.pause(frame.fd());
        });
        Random random = new Random(3);
        List<byte[]> messages =
                Stream.generate(() -> random(random, 400_000)).limit(8).toList();
        try (WebSocketServer server = started(listening);
                RawClient client = open(server)) {
            Thread sender = Thread.ofPlatform().start(() -> messages.forEach(client::sendMessage));
            for (byte[] message : messages) {
                Frame frame = take(heard);
                assertThat(frame.bytes()).isEqualTo(message);
                assertThat(heard).isEmpty();
                server.resume(frame.fd());
            }
            until(() -> !sender.isAlive());
        }
    }

    @OnEveryTransport
    void whatComesFasterThanItMayIsHeardWhole(Transport transport) {
        var options = local().transport(transport)
                .dispatch(Dispatch.EVENT_LOOP)
                .maxMessageBytes(16 * MIB)
                .maxBytesPerSecond(2 * MIB);
        Random random = new Random(4);
        List<byte[]> messages =
                Stream.generate(() -> random(random, MIB)).limit(3).toList();
        WebSocketServer listening =
                new WebSocketServer(options.build()).on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add(frame));
        try (WebSocketServer server = started(listening);
                RawClient client = open(server)) {
            messages.forEach(client::sendMessage);
            for (byte[] message : messages) {
                assertThat(take(heard).bytes()).isEqualTo(message);
            }
        }
    }

    @OnEveryTransport
    void theServerStopsWhileAConnectionIsIdleAndAnotherInTheMiddle(Transport transport) {
        WebSocketServer server = started(listening(transport, Dispatch.EVENT_LOOP));
        try (RawClient idle = open(server);
                RawClient middle = open(server)) {
            for (RawClient client : List.of(idle, middle)) {
                client.sendMessage(new byte[MIB]);
                take(heard);
            }
            byte[] frame = middle.frame(2, true, new byte[2 * MIB]);
            middle.send(Arrays.copyOf(frame, MIB));
            until(() -> bytesReceived(server) > 3 * MIB);
            Thread stopping = Thread.ofPlatform().start(server::close);
            for (RawClient client : List.of(idle, middle)) {
                client.expectClose(1001);
                client.close();
            }
            until(() -> !stopping.isAlive());
        }
    }

    /** They are inflated piece by piece, but received in the same way as others. */
    @OnEveryTransport
    void longCompressedMessagesAreHeardAmongOthers(Transport transport) throws InterruptedException {
        var options = local().transport(transport)
                .dispatch(Dispatch.EVENT_LOOP)
                .maxMessageBytes(16 * MIB)
                .compression(DeflatePolicy.SHARED);
        Random random = new Random(5);
        List<byte[]> messages =
                Stream.generate(() -> random(random, 3 * MIB)).limit(6).toList();
        WebSocketServer listening =
                new WebSocketServer(options.build()).on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add(frame));
        try (WebSocketServer server = started(listening);
                RawClient client = Fixture.connect(server)) {
            client.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover");
            Thread sender = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < messages.size(); i++) {
                    if (i % 3 == 2) {
                        client.sendMessage(messages.get(i));
                    } else {
                        client.send(compressed(client, messages.get(i)));
                    }
                }
            });
            for (byte[] message : messages) {
                assertThat(take(heard).bytes()).isEqualTo(message);
            }
            sender.join();
        }
    }

    /** Incompressible, and so as long as it was. */
    private static byte[] compressed(RawClient client, byte[] message) {
        try (RawDeflate alone = new RawDeflate()) {
            return client.compressedFrame(2, true, alone.deflate(message));
        }
    }

    private WebSocketServer listening(Transport transport, Dispatch dispatch) {
        var options = local().transport(transport)
                .dispatch(dispatch)
                .maxMessageBytes(16 * MIB)
                .maxPendingBytes(2 * MIB);
        return new WebSocketServer(options.build())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add(frame))
                .on(WebSocketServer.CLOSE, (ws, close) -> closes.add(close));
    }

    private static void stopForAMoment(WebSocketServer server) {
        long fd = server.connections().stream().findFirst().orElseThrow();
        server.pause(fd);
        server.resume(fd);
    }

    private static long bytesReceived(WebSocketServer server) {
        return server.connections().stream()
                .map(fd -> server.clientInfo(fd).orElseThrow().bytesReceived())
                .sum();
    }

    /** Long ones among so many short ones that a connection goes back to reading short ones in between. */
    private static List<byte[]> messages(Random random) {
        List<byte[]> messages = new ArrayList<>();
        int[] lengths = {100_000, 66_000, 3 * MIB, 64 * 1024, 500, 4 * MIB, MIB};
        for (int length : lengths) {
            messages.add(random(random, length));
            messages.add(random(random, random.nextInt(40_000)));
        }
        for (int i = 0; i < 150; i++) {
            messages.add(random(random, random.nextInt(200)));
        }
        for (int length : lengths) {
            messages.add(random(random, length + random.nextInt(length)));
        }
        return messages;
    }

    private static void say(RawClient client, List<byte[]> messages, Random random) {
        for (byte[] message : messages) {
            boolean cut = random.nextBoolean();
            client.inChunksOf(cut ? 1 + random.nextInt(Math.max(1000, message.length)) : Integer.MAX_VALUE);
            if (random.nextInt(3) == 0) {
                int half = random.nextInt(message.length + 1);
                client.sendFrame(2, false, Arrays.copyOf(message, half));
                client.sendFrame(0, true, Arrays.copyOfRange(message, half, message.length));
            } else {
                client.sendMessage(message);
            }
        }
        client.inChunksOf(Integer.MAX_VALUE);
    }

    private static byte[] random(Random random, int bytes) {
        byte[] made = new byte[bytes];
        random.nextBytes(made);
        return made;
    }

    /** By then its descriptor may be that of another socket, which somebody else reads. */
    @OnEveryTransport
    void nothingIsReceivedOnceAHandlerHasAborted(Transport transport) throws IOException {
        byte[] secret = "somebody else's".getBytes(StandardCharsets.UTF_8);
        BlockingQueue<Socket> mine = new LinkedBlockingQueue<>();
        try (ServerSocket elsewhere = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var server = started(new WebSocketServer(local().transport(transport)
                                .dispatch(Dispatch.EVENT_LOOP)
                                .build())
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            if (frame.bytes().length > 3) return;
                            ws.abort(frame.fd());
                            Socket next = new Socket(elsewhere.getInetAddress(), elsewhere.getLocalPort());
                            try (Socket far = elsewhere.accept()) {
                                far.getOutputStream().write(secret);
                            }
                            mine.add(next);
                        }));
                RawClient client = open(server)) {
            byte[] beginning = Arrays.copyOf(client.frame(2, true, new byte[1 << 20]), 40_000);
            client.sendMessage(new byte[1 << 20]).send(together(client.frame(2, true, new byte[3]), beginning));

            try (Socket next = take(mine)) {
                until(() -> !server.connections().iterator().hasNext()); // the loop has done what it had begun
                assertThat(next.getInputStream().readAllBytes()).isEqualTo(secret);
            }
        }
    }
}
