package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.settled;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.TlsFixture.localhost;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.PART;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.testkit.RawClient;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A connection whose handler is busy is read no further than its limit, and goes on where it was. */
@ExtendWith(NoLeaks.class)
class PausedReadingTest {
    private static final int LIMIT_BYTES = 100_000;
    private static final int MESSAGE_BYTES = 32 * 1024;
    /** One read is under way when the limit is passed, and the message that it cuts has begun. */
    private static final int IN_FLIGHT_BYTES = 64 * 1024 + MESSAGE_BYTES;

    private final CountDownLatch goOn = new CountDownLatch(1);
    private final Map<Long, Integer> handled = new ConcurrentHashMap<>();
    private final AtomicInteger outOfOrder = new AtomicInteger();

    @Test
    void peersThatSendFasterThanALoopReadsWaitLikeAnyOther() throws InterruptedException {
        peersThatSendFasterWait(busy(local()), Fixture::open);
    }

    @Test
    void peersThatSendFasterThanALoopReadsWaitWithinTlsToo(@TempDir Path folder) throws InterruptedException {
        peersThatSendFasterWait(busy(local().tls(localhost(folder, TlsProvider.JDK))), server -> {
            RawClient client = TlsFixture.connect(server);
            client.upgrade();
            return client;
        });
    }

    private void peersThatSendFasterWait(WebSocketServer busy, Function<Server, RawClient> opening)
            throws InterruptedException {
        int clients = 6;
        int messages = 500;
        List<RawClient> open = new ArrayList<>();
        List<Thread> senders = new ArrayList<>();
        try (var server = started(busy)) {
            for (int i = 0; i < clients; i++) {
                RawClient client = opening.apply(server);
                open.add(client);
                senders.add(Thread.ofPlatform().start(() -> client.send(numbered(client, messages))));
            }

            until(() -> received(server).stream().allMatch(bytes -> bytes > LIMIT_BYTES));
            for (int i = 0; i < 20; i++) {
                Thread.sleep(10);
                assertThat(received(server)).allMatch(bytes -> bytes < LIMIT_BYTES + IN_FLIGHT_BYTES);
            }
            assertThat(senders).allMatch(Thread::isAlive);

            goOn.countDown();
            until(() -> handled.values().stream().mapToInt(count -> count).sum() == clients * messages);
            assertThat(outOfOrder).hasValue(0);
            open.forEach(client -> client.sendClose(1000).expectClose(1000));
        } finally {
            for (Thread sender : senders) sender.join();
            open.forEach(RawClient::close);
        }
    }

    @Test
    void whatAPeerSaidBeforeItEndedIsHandledWhenItsTurnComes() {
        int messages = 40;
        BlockingQueue<CloseEvent> closed = new LinkedBlockingQueue<>();
        try (var server = started(busy(local()).on(CLOSE, (ws, close) -> closed.add(close)));
                RawClient client = open(server)) {
            client.send(numbered(client, messages)).halfClose();
            until(() -> received(server).getFirst() > LIMIT_BYTES);
            goOn.countDown();

            CloseEvent close = Fixture.take(closed);
            assertThat(handled).containsExactly(Map.entry(close.fd(), messages));
            assertThat(outOfOrder).hasValue(0);
            assertThat(Fixture.summary(close)).isEqualTo("1006 CLIENT unclean");
        }
    }

    @Test
    void aMessageInPartsIsReadNoFurtherThanItsHandlerKeepsUp() throws InterruptedException {
        byte[] message = new byte[16 << 20];
        AtomicInteger heard = new AtomicInteger();
        ServerOptions options = local().maxPendingBytes(LIMIT_BYTES)
                .maxMessageBytes(message.length)
                .build();
        WebSocketServer slow = new WebSocketServer(options).on(PART, (ws, part) -> {
            await(goOn);
            heard.addAndGet(part.bytes().length);
        });
        try (var server = started(slow);
                RawClient client = open(server)) {
            Thread sender = Thread.ofPlatform().start(() -> client.sendMessage(message));
            until(() -> received(server).getFirst() > LIMIT_BYTES);
            assertThat(settled(() -> received(server).getFirst())).isLessThan(LIMIT_BYTES + IN_FLIGHT_BYTES);
            assertThat(sender.isAlive()).isTrue();

            goOn.countDown();
            sender.join();
            until(() -> heard.get() == message.length);
        }
    }

    private WebSocketServer busy(ServerOptions.Builder options) {
        return new WebSocketServer(options.maxPendingBytes(LIMIT_BYTES).build()).on(MESSAGE, (ws, frame) -> {
            await(goOn);
            int number = ByteBuffer.wrap(frame.bytes()).getInt();
            if (handled.merge(frame.fd(), 1, Integer::sum) != number) outOfOrder.incrementAndGet();
        });
    }

    private static List<Long> received(Server server) {
        return server.connections().stream()
                .mapToObj(fd -> server.clientInfo(fd).orElseThrow().bytesReceived())
                .toList();
    }

    /** That many messages, which begin with their number. */
    private static byte[] numbered(RawClient client, int messages) {
        byte[][] frames = new byte[messages][];
        for (int i = 0; i < messages; i++) {
            byte[] payload = ByteBuffer.allocate(MESSAGE_BYTES).putInt(i + 1).array();
            frames[i] = client.frame(2, true, payload);
        }
        return Fixture.together(frames);
    }
}
