package dev.tidewire.server;

import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.Stuck.FRAME_BYTES;
import static dev.tidewire.server.Stuck.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class SendBlockingTest {
    private static final int MAX_QUEUED = 100_000;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<Object> told = new LinkedBlockingQueue<>();

    @Test
    void withRoomItReturnsAtOnce() throws InterruptedException {
        try (WebSocketServer server = server(options());
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);

            assertThat(server.sendBlocking(fd, "text", Duration.ZERO)).isEqualTo(SendResult.SENT);
            assertThat(server.sendBlocking(fd, new byte[] {1}, LONG)).isEqualTo(SendResult.SENT);
            assertThat(server.sendBlocking(fd, "a", Opcode.TEXT, false, LONG)).isEqualTo(SendResult.SENT);
            assertThat(server.sendBlocking(fd, "b", Opcode.CONTINUATION, true, LONG))
                    .isEqualTo(SendResult.SENT);
            assertThat(server.sendBlocking(fd, "ping", Opcode.PING, true, LONG)).isEqualTo(SendResult.SENT);
            client.expectText("text");
            assertThat(client.readFrame().payload()).containsExactly(1);
            assertThat(client.readMessage().text()).isEqualTo("ab");
            assertThat(client.readFrame().opcode()).isEqualTo(9);
        }
    }

    @Test
    void theEndOfAMessageThatOthersWaitForIsTakenFromAnyone() {
        try (WebSocketServer server = server(options());
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);
            server.push(fd, "a", Opcode.TEXT, false);
            waiting(() -> server.sendBlocking(fd, "whole", LONG));

            assertThat(server.push(fd, "b", Opcode.CONTINUATION, false)).isEqualTo(SendResult.SENT);
            assertThat(server.push(fd, "c", Opcode.CONTINUATION, true)).isEqualTo(SendResult.SENT);

            assertThat(client.readMessage().text()).isEqualTo("abc");
            client.expectText("whole");
            assertThat(take(told)).isIn(SendResult.SENT, SendResult.QUEUED);
        }
    }

    /** Of those that wait, the end of the unfinished message is what the others need most. */
    @Test
    void olderMessagesGiveWayToAFragmentAlsoWhileAThreadWaitsForItsMessage() {
        try (WebSocketServer server = server(options().slowConsumer(SlowConsumer.DROP_OLDEST));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            Stuck.fill(server, fd);
            server.push(fd, "a", Opcode.TEXT, false);
            waits(server, fd, numbered(1));

            assertThat(server.push(fd, "b".repeat(3 * FRAME_BYTES), Opcode.CONTINUATION, false))
                    .isEqualTo(SendResult.QUEUED);
            assertThat(server.push(fd, "past the one that waits")).isEqualTo(SendResult.DROPPED);
            assertThat(server.push(fd, "c", Opcode.CONTINUATION, true)).isEqualTo(SendResult.QUEUED);

            RawFrame next = client.readMessage();
            while (next.opcode() != 1) next = client.readMessage();
            assertThat(next.text()).isEqualTo("a" + "b".repeat(3 * FRAME_BYTES) + "c");
            assertThat(Stuck.numberOf(client.readMessage().payload())).isOne();
            assertThat(take(told)).isEqualTo(SendResult.QUEUED);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = SlowConsumer.class,
            names = {"DISCONNECT", "DROP_NEWEST"})
    void aFragmentWithoutRoomIsDroppedWhileAThreadWaitsForItsMessage(SlowConsumer policy) {
        try (WebSocketServer server = server(options().slowConsumer(policy));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            server.push(fd, "a", Opcode.TEXT, false);
            waits(server, fd, numbered(1));
            Stuck.untilFull(() -> server.push(fd, "b".repeat(5_000), Opcode.CONTINUATION, false) != SendResult.DROPPED);

            assertThat(server.push(fd, "b".repeat(5_000), Opcode.CONTINUATION, true))
                    .isEqualTo(SendResult.DROPPED);

            assertThat(server.isEstablished(fd)).isTrue();
            assertThat(client.readFrame().text()).isEqualTo("a");
        }
    }

    @Test
    void whoWaitsIsServedInOrderAndNotOvertaken() {
        int waiters = 60;
        try (WebSocketServer server = server(options());
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            int before = Stuck.fill(server, fd);
            for (int i = 1; i <= waiters; i++) {
                waits(server, fd, numbered(i));
                assertThat(server.push(fd, "past the others")).isEqualTo(SendResult.DROPPED);
            }

            for (int i = 0; i < before; i++) {
                assertThat(Stuck.numberOf(client.readFrame().payload())).isZero();
            }
            for (int i = 1; i <= waiters; i++) {
                assertThat(Stuck.numberOf(client.readFrame().payload())).isEqualTo(i);
                assertThat(take(told)).isEqualTo(SendResult.QUEUED);
            }
            until(() -> server.push(fd, "after them") == SendResult.SENT);
            client.expectText("after them");
        }
    }

    @Test
    void aShortMessageDoesNotOvertakeALongOneThatWaits() {
        try (WebSocketServer server = server(options());
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            int before = Stuck.fill(server, fd);
            waits(server, fd, new byte[MAX_QUEUED - 10]);
            waits(server, fd, new byte[1]);

            for (int i = 0; i < before; i++) {
                client.readFrame();
            }
            assertThat(client.readFrame().payload()).hasSize(MAX_QUEUED - 10);
            assertThat(client.readFrame().payload()).hasSize(1);
        }
    }

    @Test
    void whoGivesUpLetsTheNextOneIn() {
        try (WebSocketServer server = server(options());
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            Stuck.fill(server, fd);
            int room = MAX_QUEUED - server.queuedBytes(fd);
            Thread first = waits(server, fd, new byte[MAX_QUEUED - 10]);
            if (room < 3) return; // not even the shortest message fits
            waits(server, fd, new byte[1]);
            first.interrupt();

            assertThat(List.of(take(told), take(told))).containsExactlyInAnyOrder("interrupted", SendResult.QUEUED);
        }
    }

    @Test
    void itEndsWhenTimeIsUp() throws InterruptedException {
        try (WebSocketServer server = server(options());
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            Stuck.fill(server, fd);
            int queued = server.queuedBytes(fd);

            assertThat(server.sendBlocking(fd, new byte[FRAME_BYTES], Duration.ZERO))
                    .isEqualTo(SendResult.DROPPED);
            assertThat(server.sendBlocking(fd, new byte[FRAME_BYTES], Duration.ofMillis(20)))
                    .isEqualTo(SendResult.DROPPED);
            assertThat(server.queuedBytes(fd)).isEqualTo(queued);
            assertThat(server.sendBlocking(fd, new byte[MAX_QUEUED - 4], Duration.ofMillis(1)))
                    .isEqualTo(SendResult.DROPPED);
            // It could never fit, so it does not even wait.
            assertThat(server.sendBlocking(fd, new byte[MAX_QUEUED], Duration.ofDays(1_000_000)))
                    .isEqualTo(SendResult.DROPPED);
            assertThat(client.readFrame().payload()).hasSize(Stuck.MESSAGE_BYTES);
        }
    }

    /** How the connection of somebody who waits may end. */
    enum End {
        RESET,
        DISCONNECT,
        SHUTDOWN,
        CLIENT_CLOSES
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void itEndsWithTheConnection(End end) {
        try (WebSocketServer server = server(options().closeTimeout(Duration.ofMillis(300)))) {
            RawClient client = Stuck.open(server);
            long fd = take(fds);
            Stuck.fill(server, fd);
            for (int i = 0; i < 10; i++) {
                waits(server, fd, new byte[MAX_QUEUED - 10]);
            }
            switch (end) {
                case RESET -> client.reset();
                case DISCONNECT -> server.disconnect(fd);
                case SHUTDOWN -> server.close();
                case CLIENT_CLOSES -> client.sendClose(1000);
            }

            for (int i = 0; i < 10; i++) {
                assertThat(take(told)).isEqualTo(SendResult.CLOSED);
            }
            client.close();
        }
    }

    @InEveryDispatch
    void handlersMayWaitButNotOnALoop(Dispatch dispatch) {
        try (WebSocketServer server =
                        started(listening(options().dispatch(dispatch).build(), fds)
                                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                                    try {
                                        told.add(ws.sendBlocking(frame.fd(), frame.text(), LONG));
                                    } catch (IllegalStateException e) {
                                        told.add(e.getMessage());
                                    }
                                }));
                RawClient client = Fixture.open(server)) {
            client.sendMessage("hello");

            if (dispatch.equals(Dispatch.EVENT_LOOP)) {
                assertThat(take(told)).isEqualTo("an event loop must not wait: use push or send, or another dispatch");
            } else {
                assertThat(take(told)).isEqualTo(SendResult.SENT);
                client.expectText("hello");
            }
        }
    }

    @InEveryDispatch
    void aHandlerThatWaitsGoesOnAsTheClientReads(Dispatch dispatch) {
        if (dispatch.equals(Dispatch.EVENT_LOOP)) return;
        int messages = 20_000;
        try (WebSocketServer server =
                        started(listening(options().dispatch(dispatch).build(), fds)
                                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                                    for (int i = 0; i < messages; i++) {
                                        ws.sendBlocking(frame.fd(), numbered(i), LONG);
                                    }
                                }));
                RawClient client = Fixture.open(server)) {
            client.sendMessage("go");

            for (int i = 0; i < messages; i++) {
                assertThat(Stuck.numberOf(client.readFrame().payload())).isEqualTo(i);
            }
        }
    }

    @Test
    void aFragmentedMessageGetsThroughBetweenOthersThatWait() throws Exception {
        try (WebSocketServer server = server(options());
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            OutputStream stream = server.pushStream(fd, Opcode.BINARY, LONG);
            stream.write(new byte[1000]);
            stream.flush();
            for (int i = 0; i < 20; i++) {
                waits(server, fd, new byte[MAX_QUEUED / 3]);
            }
            Thread writer = Thread.ofVirtual().start(() -> {
                try (stream) {
                    stream.write(new byte[2_000_000]);
                } catch (java.io.IOException e) {
                    told.add(e);
                }
            });

            assertThat(client.readMessage().payload()).hasSize(2_001_000);
            writer.join();
            for (int i = 0; i < 20; i++) {
                assertThat(client.readFrame().payload()).hasSize(MAX_QUEUED / 3);
                assertThat(take(told)).isEqualTo(SendResult.QUEUED);
            }
        }
    }

    @Test
    void wholeMessagesLeaveRoomForTheFragmentsTheyWaitFor() throws Exception {
        try (WebSocketServer server = server(options().slowConsumer(SlowConsumer.DROP_NEWEST));
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);
            server.push(fd, "a", Opcode.TEXT, false);
            int held = 0;
            while (server.push(fd, numbered(held)) != SendResult.DROPPED) {
                held++;
            }

            assertThat(held * FRAME_BYTES).isBetween(MAX_QUEUED / 2 - FRAME_BYTES, MAX_QUEUED / 2);
            assertThat(server.sendBlocking(fd, new byte[MAX_QUEUED / 2 - 10], Opcode.CONTINUATION, true, LONG))
                    .isIn(SendResult.SENT, SendResult.QUEUED);
            assertThat(client.readMessage().payload()).hasSize(MAX_QUEUED / 2 - 9);
            for (int i = 0; i < held; i++) {
                assertThat(Stuck.numberOf(client.readFrame().payload())).isEqualTo(i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(SlowConsumer.class)
    void aWholeMessageThatHasNoRoomBecauseOneIsUnfinishedDoesNotEndTheConnection(SlowConsumer policy) {
        try (WebSocketServer server = server(options().slowConsumer(policy));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            server.push(fd, "a", Opcode.TEXT, false);
            Stuck.untilFull(() -> server.queuedBytes(fd) < 80_000
                    && server.push(fd, "b".repeat(5_000), Opcode.CONTINUATION, false) != SendResult.DROPPED);

            assertThat(server.push(fd, "taken")).isEqualTo(SendResult.QUEUED);
            assertThat(server.push(fd, "b".repeat(60_000))).isEqualTo(SendResult.DROPPED);
            server.push(fd, "c", Opcode.CONTINUATION, true);

            assertThat(client.readMessage().text()).startsWith("ab").endsWith("bc");
            client.expectText("taken");
        }
    }

    @Test
    void plainConnectionsHaveItToo() throws InterruptedException {
        Server tcp = new Server(options().build());
        tcp.on(Server.CONNECT, (server, fd) -> fds.add(fd)).on(Server.RECEIVE, (server, fd, data) -> {});
        try (Server server = started(tcp);
                RawClient client = Stuck.connect(server)) {
            long fd = take(fds);
            int sent = Stuck.fill(server, fd, 10_000);
            for (byte i = 1; i <= 20; i++) {
                byte[] data = new byte[10_000];
                java.util.Arrays.fill(data, i);
                waiting(() -> server.sendBlocking(fd, data, LONG));
            }

            assertThat(client.read(sent)).containsOnly(0);
            for (byte i = 1; i <= 20; i++) {
                assertThat(client.read(10_000)).containsOnly(i);
            }
            assertThat(server.sendBlocking(fd + 1, new byte[1], LONG)).isEqualTo(SendResult.CLOSED);
        }
    }

    @Test
    void itIsForPlainConnectionsOnAServerThatSpeaksHttp() {
        HttpServer http = new HttpServer(options().build());
        http.on(HttpServer.REQUEST, (request, response) -> response.end());
        try (HttpServer server = started(http);
                RawClient client = Fixture.connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: tidewire\r\n\r\n").readHttpResponse();

            assertThatThrownBy(() -> server.sendBlocking(1, new byte[1], LONG))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aNegativeTimeIsRefused() {
        try (WebSocketServer server = server(options());
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);
            assertThatThrownBy(() -> server.sendBlocking(fd, "x", Duration.ofNanos(-1)))
                    .isInstanceOf(IllegalArgumentException.class);
            server.push(fd, "next");
            client.expectText("next");
        }
    }

    /**
     * Threads that send at random, some of which give up or are interrupted: what returned before another began to send is before it on
     * the wire, nothing that was taken is lost, and nothing that was not taken arrives.
     */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void anyMixOfSendersKeepsTheOrderOfTime(long seed) throws InterruptedException {
        record Sent(int number, int began, int ended) {}
        int threads = 12;
        int each = 150;
        AtomicInteger time = new AtomicInteger();
        ConcurrentLinkedQueue<Sent> sent = new ConcurrentLinkedQueue<>();
        try (WebSocketServer server = server(options().maxQueuedBytes(8_000).slowConsumer(SlowConsumer.DROP_NEWEST));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            List<Thread> senders = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                senders.add(Thread.ofVirtual().start(() -> {
                    Random random = new Random(seed * 100 + thread);
                    for (int i = 0; i < each; i++) {
                        int number = thread * each + i;
                        byte[] message = ByteBuffer.allocate(4 + random.nextInt(3_000))
                                .putInt(number)
                                .array();
                        int began = time.incrementAndGet();
                        SendResult result;
                        try {
                            result = switch (random.nextInt(10)) {
                                case 0, 1 -> server.push(fd, message);
                                case 2 -> server.sendBlocking(fd, message, Duration.ofNanos(random.nextInt(1_000_000)));
                                case 3 -> {
                                    Thread.currentThread().interrupt();
                                    yield server.sendBlocking(fd, message, LONG);
                                }
                                default -> server.sendBlocking(fd, message, LONG);
                            };
                        } catch (InterruptedException e) {
                            result = SendResult.DROPPED;
                        }
                        if (result != SendResult.DROPPED) sent.add(new Sent(number, began, time.incrementAndGet()));
                    }
                    told.add("done");
                }));
            }
            List<Integer> received = new ArrayList<>();
            Thread reader = Thread.ofPlatform().start(() -> {
                for (RawFrame frame = client.readFrame(); frame.opcode() == 2; frame = client.readFrame()) {
                    received.add(ByteBuffer.wrap(frame.payload()).getInt());
                }
            });
            for (Thread sender : senders) {
                sender.join();
            }
            server.sendBlocking(fd, "end", LONG);
            reader.join();

            assertThat(received)
                    .containsExactlyInAnyOrderElementsOf(
                            sent.stream().map(Sent::number).toList());
            Sent[] byNumber = new Sent[threads * each];
            sent.forEach(one -> byNumber[one.number] = one);
            int latestBegin = 0;
            List<Sent> onTheWire =
                    received.stream().map(number -> byNumber[number]).toList();
            for (Sent one : onTheWire) {
                assertThat(one.ended)
                        .as("%s came after one that began later", one)
                        .isGreaterThan(latestBegin);
                latestBegin = Math.max(latestBegin, one.began);
            }
            assertThat(onTheWire.stream().max(Comparator.comparingInt(Sent::began)))
                    .isPresent();
        }
    }

    private static ServerOptions.Builder options() {
        return local().maxQueuedBytes(MAX_QUEUED);
    }

    private WebSocketServer server(ServerOptions.Builder options) {
        return started(listening(options.build(), fds));
    }

    private Thread waits(WebSocketServer server, long fd, byte[] message) {
        return waiting(() -> server.sendBlocking(fd, message, LONG));
    }

    /** A thread that has begun to wait in this send; it tells what it gives. */
    private Thread waiting(Stuck.Blocking send) {
        Thread thread = Thread.ofVirtual().start(() -> {
            try {
                told.add(send.send());
            } catch (InterruptedException e) {
                told.add("interrupted");
            }
        });
        until(() -> thread.getState() == Thread.State.TIMED_WAITING || !thread.isAlive());
        return thread;
    }
}
