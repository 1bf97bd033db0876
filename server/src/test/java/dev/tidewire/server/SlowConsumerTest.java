package dev.tidewire.server;

import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.Stuck.FRAME_BYTES;
import static dev.tidewire.server.Stuck.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import dev.tidewire.testkit.RawFrame;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of messages for peers that do not make room for them. */
@ExtendWith(NoLeaks.class)
class SlowConsumerTest {
    private static final int MAX_QUEUED = 200_000;

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();
    private final BlockingQueue<Object> told = new LinkedBlockingQueue<>();

    @TempDir
    Path folder;

    @InEveryDispatch
    void theQueueTakesAllThatFitsAndNotOneByteMore(Dispatch dispatch) {
        try (Server server = tcp(options(dispatch, SlowConsumer.DROP_NEWEST));
                RawClient client = Stuck.connect(server)) {
            long fd = take(fds);
            int sent = Stuck.fill(server, fd, 50_000);
            int room = MAX_QUEUED - server.queuedBytes(fd);

            assertThat(inHandler(client, () -> server.send(fd, new byte[room + 1])))
                    .isEqualTo(SendResult.DROPPED);
            assertThat(inHandler(client, () -> server.send(fd, new byte[room]))).isEqualTo(SendResult.QUEUED);
            assertThat(server.queuedBytes(fd)).isEqualTo(MAX_QUEUED);
            assertThat(inHandler(client, () -> server.send(fd, new byte[1]))).isEqualTo(SendResult.DROPPED);
            assertThat(server.counters()).containsEntry("slow.drop_newest", 2L);
            assertThat(client.read(sent + room)).hasSize(sent + room);
        }
    }

    @InEveryDispatch
    void byDefaultAClientThatMakesNoRoomIsToldToComeBackLater(Dispatch dispatch) {
        // More than one write takes, so that some of it waits behind.
        try (WebSocketServer server = started(webSocket(options(dispatch).maxQueuedBytes(4 * MAX_QUEUED)));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            int taken = Stuck.fill(server, fd);

            assertThat(inHandlerOf(client, () -> server.push(fd, numbered(1)))).isEqualTo(SendResult.CLOSED);
            assertThat(server.push(fd, "late")).isEqualTo(SendResult.CLOSED);

            assertThat(messagesUntilClose(client, 1013)).hasSizeLessThan(taken);
            client.sendClose(1013);
            assertThat(take(closed)).isEqualTo("1013 messages come faster than they are read SERVER clean");
            assertThat(server.counters()).containsEntry("slow.disconnect", 1L);
            assertThat(server.queuedBytes()).isZero();
        }
    }

    @InEveryDispatch
    void aClosedClientThatTakesNothingIsCutOffAfterTheCloseTimeout(Dispatch dispatch) {
        try (WebSocketServer server = started(webSocket(options(dispatch).closeTimeout(Duration.ofMillis(200))));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            Stuck.fill(server, fd);

            assertThat(inHandlerOf(client, () -> server.push(fd, numbered(1)))).isEqualTo(SendResult.CLOSED);

            assertThat(take(closed)).isEqualTo("1013 messages come faster than they are read SERVER unclean");
            until(() -> server.queuedBytes() == 0);
        }
    }

    @InEveryDispatch
    void aPlainConnectionEndsBehindWhatItWasSent(Dispatch dispatch) {
        try (Server server = tcp(options(dispatch));
                RawClient client = Stuck.connect(server)) {
            long fd = take(fds);
            int sent = Stuck.fill(server, fd, 50_000);

            assertThat(inHandler(client, () -> server.send(fd, new byte[50_000])))
                    .isEqualTo(SendResult.CLOSED);
            assertThat(client.read(sent)).hasSize(sent);
            client.expectEof();
            assertThat(server.counters()).containsEntry("slow.disconnect", 1L);
        }
    }

    @InEveryDispatch
    void theOldestMessagesGiveWayToTheNewest(Dispatch dispatch) {
        try (WebSocketServer server = started(webSocket(options(dispatch, SlowConsumer.DROP_OLDEST)));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            int before = Stuck.fill(server, fd);
            for (int i = 1; i <= 500; i++) {
                int number = i;
                assertThat(
                                i % 50 == 0
                                        ? inHandlerOf(client, () -> server.push(fd, numbered(number)))
                                        : server.push(fd, numbered(number)))
                        .isEqualTo(SendResult.QUEUED);
            }
            assertThat(server.queuedBytes(fd)).isBetween(MAX_QUEUED - FRAME_BYTES, MAX_QUEUED);
            server.push(fd, "end");
            long dropped = server.counters().getOrDefault("slow.drop_oldest", 0L);

            List<Integer> numbers = numbersUntilText(client);
            assertThat(numbers).isSorted();
            assertThat(numbers.size() + dropped).isEqualTo(before + 500);
            List<Integer> newest = numbers.stream().filter(number -> number > 0).toList();
            assertThat(newest)
                    .hasSizeGreaterThan(50)
                    .isEqualTo(IntStream.rangeClosed(501 - newest.size(), 500)
                            .boxed()
                            .toList());
        }
    }

    @InEveryDispatch
    void fragmentsAndPingsDoNotGiveWay(Dispatch dispatch) {
        try (WebSocketServer server = started(webSocket(options(dispatch, SlowConsumer.DROP_OLDEST)));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            Stuck.fill(server, fd);
            assertThat(server.push(fd, "a", Opcode.TEXT, false)).isEqualTo(SendResult.QUEUED);
            for (int i = 1; i <= 500; i++) {
                server.push(fd, numbered(i));
            }
            assertThat(inHandlerOf(client, () -> server.push(fd, "b", Opcode.CONTINUATION, false)))
                    .isEqualTo(SendResult.QUEUED);
            assertThat(server.ping(fd)).isIn(SendResult.QUEUED, SendResult.DROPPED);
            for (int i = 501; i <= 1000; i++) {
                server.push(fd, numbered(i));
            }
            assertThat(server.push(fd, "c", Opcode.CONTINUATION, true)).isEqualTo(SendResult.QUEUED);
            server.push(fd, numbered(1001));

            assertThat(untilText(client)).isEqualTo("abc");
            int last = 0;
            while (last != 1001) {
                int next = Stuck.numberOf(client.readMessage().payload());
                assertThat(next).isGreaterThan(last);
                last = next;
            }
        }
    }

    @InEveryDispatch
    void onlyTheLatestMessageOfEachKeyWaits(Dispatch dispatch) {
        try (WebSocketServer server = started(
                        webSocket(options(dispatch, SlowConsumer.DROP_NEWEST).maxQueuedBytes(4 * MAX_QUEUED)));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            int before = Stuck.fillTo(server, fd, MAX_QUEUED);
            assertThat(server.pushLatest(fd, "a", "a0")).isEqualTo(SendResult.QUEUED);
            server.push(fd, "between");
            assertThat(server.pushLatest(fd, "b", "b0")).isEqualTo(SendResult.QUEUED);
            int queued = server.queuedBytes(fd);
            for (int i = 1; i <= 99; i++) {
                String text = "" + i;
                assertThat(inHandlerOf(client, () -> server.pushLatest(fd, "b", "b" + text)))
                        .isEqualTo(SendResult.QUEUED);
                assertThat(server.broadcastLatest(List.of(fd), "a", "a" + text)).isOne();
            }

            assertThat(server.queuedBytes(fd)).isEqualTo(queued + 2);
            assertThat(server.counters()).containsEntry("slow.conflate", 198L);
            for (int i = 0; i < before; i++) {
                client.readFrame();
            }
            client.expectText("a99");
            client.expectText("between");
            client.expectText("b99");
            until(() -> server.queuedBytes(fd) == 0);
            server.pushLatest(fd, "a", "a100");
            client.expectText("a100");
        }
    }

    @Test
    void aMessageThatNoQueueCouldHoldIsDroppedAndNobodyIsToBlame() {
        try (WebSocketServer server = started(webSocket(options(Dispatch.VIRTUAL)));
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);

            assertThat(server.push(fd, new byte[MAX_QUEUED])).isEqualTo(SendResult.DROPPED);
            server.push(fd, "next");
            client.expectText("next");
            assertThat(server.counters()).containsOnly(entry("limit.maxQueuedBytes", 1L));
        }
    }

    @Test
    void aRouteHasItsOwnPolicy() {
        try (WebSocketServer server = started(webSocket(options(Dispatch.VIRTUAL))
                        .route("/lossy", lossy -> lossy.slowConsumer(SlowConsumer.DROP_OLDEST))
                        .route("/strict", strict -> {}));
                RawClient lossy = Stuck.connect(server);
                RawClient strict = Stuck.connect(server)) {
            lossy.upgrade("/lossy");
            long lossyFd = take(fds);
            strict.upgrade("/strict");
            long strictFd = take(fds);
            Stuck.fill(server, lossyFd);
            Stuck.fill(server, strictFd);

            assertThat(server.push(lossyFd, numbered(1))).isEqualTo(SendResult.QUEUED);
            assertThat(server.push(strictFd, numbered(1))).isEqualTo(SendResult.CLOSED);
        }
    }

    @Test
    void aBroadcastPassesOverThoseThatMakeNoRoom() {
        try (WebSocketServer server = started(webSocket(options(Dispatch.VIRTUAL)));
                RawClient slow = Stuck.open(server)) {
            long slowFd = take(fds);
            try (RawClient quick = Fixture.open(server)) {
                long quickFd = take(fds);
                Stuck.fill(server, slowFd);

                assertThat(server.broadcast(List.of(slowFd, quickFd), numbered(1)))
                        .isOne();
                assertThat(quick.readFrame().payload()).isEqualTo(numbered(1));
                messagesUntilClose(slow, 1013);
            }
        }
    }

    @OnEveryTransport
    void theKernelTakesLittleForAClientThatDoesNotRead(Transport transport) {
        if (transport != Transport.IO_URING && transport != Transport.EPOLL) return;
        ServerOptions.Builder options = options(Dispatch.VIRTUAL, SlowConsumer.DROP_NEWEST)
                .transport(transport)
                .maxUnsentBytes(64 << 10);
        try (WebSocketServer server = started(webSocket(options));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            int sent = Stuck.fill(server, fd) * FRAME_BYTES;

            // Left alone it takes more than 2 MB; what the client's own side holds is in this, too.
            assertThat(sent - server.queuedBytes(fd)).isLessThan(1_000_000);
            assertThat(client.read(sent)).hasSize(sent);
        }
    }

    @Test
    void togetherQueuesTakeNoMoreThanTheServerHasForThem() {
        int total = 1 << 20;
        int clients = 40;
        try (WebSocketServer server = started(
                webSocket(options(Dispatch.VIRTUAL, SlowConsumer.DROP_NEWEST).maxTotalQueuedBytes(total)))) {
            List<RawClient> stuck = new ArrayList<>();
            List<Long> stuckFds = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                stuck.add(Stuck.open(server));
                stuckFds.add(take(fds));
            }
            Stuck.untilFull(() -> {
                assertThat(server.queuedBytes()).isLessThanOrEqualTo(total);
                return server.broadcast(stuckFds, new byte[10_000]) > 0;
            });
            assertThat(server.counters().get("limit.maxTotalQueuedBytes")).isPositive();
            assertThat(server.queuedBytes()).isGreaterThan(total / 2);

            // Those that read have what they need.
            try (RawClient healthy = Fixture.open(server)) {
                long fd = take(fds);
                for (int i = 0; i < 20; i++) {
                    assertThat(server.push(fd, numbered(i))).isEqualTo(SendResult.SENT);
                    assertThat(Stuck.numberOf(healthy.readFrame().payload())).isEqualTo(i);
                }
            }
            stuck.forEach(RawClient::close);
            until(() -> server.queuedBytes() == 0);
        }
    }

    @Test
    void whoKeepsUpIsNotClosedBecauseOthersHaveSpentTheBudget() {
        try (WebSocketServer server = started(webSocket(
                        options(Dispatch.VIRTUAL, SlowConsumer.DISCONNECT).maxTotalQueuedBytes(100_000)));
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);

            assertThat(server.push(fd, new byte[150_000])).isEqualTo(SendResult.DROPPED);
            assertThat(server.counters()).containsEntry("limit.maxTotalQueuedBytes", 1L);
            server.push(fd, "next");
            client.expectText("next");
        }
    }

    @InEveryDispatch
    void aSubscriberThatMakesNoRoomIsClosedAndTheOthersGetEverything(Dispatch dispatch) {
        try (WebSocketServer server = started(webSocket(options(dispatch)));
                RawClient slow = Stuck.open(server)) {
            long slowFd = take(fds);
            try (RawClient quick = Fixture.open(server)) {
                long quickFd = take(fds);
                server.subscribe(slowFd, "news");
                server.subscribe(quickFd, "news");
                int published = 0;
                while (server.isEstablished(slowFd)) {
                    server.publish("news", numbered(++published));
                    assertThat(Stuck.numberOf(quick.readFrame().payload())).isEqualTo(published);
                }

                messagesUntilClose(slow, 1013);
                assertThat(server.counters()).containsEntry("slow.disconnect", 1L);
            }
        }
    }

    @InEveryDispatch
    void ofWhatIsPublishedWithAKeyOnlyTheLatestWaits(Dispatch dispatch) {
        try (WebSocketServer server = started(webSocket(options(dispatch)));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            server.subscribe(fd, "prices");
            int before = Stuck.fillTo(server, fd, MAX_QUEUED / 2);
            for (int i = 1; i <= 1000; i++) {
                server.publishLatest("prices", "EUR", "EUR " + i);
                server.publishLatest("prices", "USD", "USD " + i);
            }
            until(() -> server.counters().getOrDefault("slow.conflate", 0L) == 1998);

            for (int i = 0; i < before; i++) {
                client.readFrame();
            }
            client.expectText("EUR 1000");
            client.expectText("USD 1000");
        }
    }

    @InEveryDispatch
    void aKeyThatCannotBeComparedEndsTheSlowSubscriberAndTheOthersGetTheMessage(Dispatch dispatch) {
        try (LogLines log = new LogLines("dev.tidewire.server");
                WebSocketServer server = started(webSocket(options(dispatch).threads(1)));
                RawClient slow = Stuck.open(server)) {
            long slowFd = take(fds);
            try (RawClient quick = Fixture.open(server)) {
                long quickFd = take(fds);
                server.subscribe(slowFd, "prices");
                server.subscribe(quickFd, "prices");
                Stuck.fillTo(server, slowFd, MAX_QUEUED / 2);

                server.publishLatest("prices", new KeyOfNothing(), "EUR 1");

                quick.expectText("EUR 1");
                assertThat(log.next("fd=" + slowFd + " event=delivery_failed")).contains("AssertionError: no hash");
                assertThat(take(closed)).startsWith("1006");
            }
        }
    }

    private static final class KeyOfNothing {
        @Override
        public boolean equals(Object other) {
            return this == other;
        }

        @Override
        public int hashCode() {
            throw new AssertionError("no hash");
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = SlowConsumer.class,
            names = {"DROP_NEWEST", "DROP_OLDEST"})
    void whatIsLeftOutDoesNotBreakACompressedStream(SlowConsumer policy) {
        try (WebSocketServer server =
                        started(webSocket(options(Dispatch.VIRTUAL, policy).compression(Fixture.TAKEOVER)));
                RawClient client = Stuck.connect(server)) {
            client.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            long fd = take(fds);
            byte[] noise = new byte[MAX_QUEUED / 2];
            new java.util.Random(7).nextBytes(noise);
            for (int i = 0; i < 200; i++) {
                server.push(fd, noise);
                server.push(fd, "number " + i + " of many that are alike, ".repeat(10));
            }
            Stuck.blocking(() -> {
                Thread.ofVirtual().start(() -> readOn(client));
                return server.sendBlocking(fd, "end", Duration.ofSeconds(10));
            });

            assertThat(take(told)).isEqualTo("end");
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void policiesHoldWithinTls(TlsProvider provider) {
        ServerOptions.Builder options = options(Dispatch.VIRTUAL).tls(TlsFixture.localhost(folder, provider));
        try (WebSocketServer server = started(webSocket(options)
                        .route("/lossy", lossy -> lossy.slowConsumer(SlowConsumer.DROP_OLDEST))
                        .route("/strict", strict -> {}));
                RawClient lossy = TlsFixture.connect(server, "TLSv1.3");
                RawClient strict = TlsFixture.connect(server, "TLSv1.3")) {
            lossy.upgrade("/lossy");
            long lossyFd = take(fds);
            strict.upgrade("/strict");
            long strictFd = take(fds);
            int before = Stuck.fill(server, lossyFd);
            Stuck.fill(server, strictFd);
            for (int i = 1; i <= 500; i++) {
                // The kernel may still grow its buffers and take some.
                assertThat(server.push(lossyFd, numbered(i))).isIn(SendResult.SENT, SendResult.QUEUED);
            }
            server.push(lossyFd, "end");
            SendResult last = SendResult.SENT;
            while (last == SendResult.SENT || last == SendResult.QUEUED) last = server.push(strictFd, numbered(1));
            assertThat(last).isEqualTo(SendResult.CLOSED);

            List<Integer> numbers = numbersUntilText(lossy);
            assertThat(numbers).isSorted().hasSizeLessThan(before + 500).endsWith(499, 500);
            messagesUntilClose(strict, 1013);
        }
    }

    private void readOn(RawClient client) {
        try (RawDeflate memory = new RawDeflate()) {
            String text = "";
            while (!text.equals("end")) {
                text = memory.text(client.readFrame());
            }
            told.add(text);
        } catch (IllegalArgumentException e) {
            told.add(e);
        }
    }

    private static ServerOptions.Builder options(Dispatch dispatch) {
        return local().dispatch(dispatch).maxQueuedBytes(MAX_QUEUED);
    }

    private static ServerOptions.Builder options(Dispatch dispatch, SlowConsumer policy) {
        return options(dispatch).slowConsumer(policy);
    }

    private final BlockingQueue<Supplier<SendResult>> work = new LinkedBlockingQueue<>();

    /** A server whose handlers of messages do what {@link #inHandlerOf} asks. */
    private WebSocketServer webSocket(ServerOptions.Builder options) {
        return listening(options.build(), fds)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> told.add(take(work).get()))
                .on(WebSocketServer.CLOSE, (ws, close) -> closed.add(summary(close)));
    }

    private Server tcp(ServerOptions.Builder options) {
        return started(new Server(options.build())
                .on(Server.CONNECT, (tcp, fd) -> fds.add(fd))
                .on(Server.RECEIVE, (tcp, fd, data) -> told.add(take(work).get())));
    }

    /** What {@code send} gives in a handler of this client's message. */
    private Object inHandlerOf(RawClient client, Supplier<SendResult> send) {
        work.add(send);
        client.sendMessage("go");
        return take(told);
    }

    private Object inHandler(RawClient client, Supplier<SendResult> send) {
        work.add(send);
        client.sendText("g");
        return take(told);
    }

    private static List<RawFrame> messagesUntilClose(RawClient client, int code) {
        List<RawFrame> messages = new ArrayList<>();
        for (RawFrame frame = client.readFrame(); ; frame = client.readFrame()) {
            if (frame.opcode() == 8) {
                assertThat(((frame.payload()[0] & 0xFF) << 8) | (frame.payload()[1] & 0xFF))
                        .isEqualTo(code);
                return messages;
            }
            assertThat(frame.payload()).hasSize(Stuck.MESSAGE_BYTES);
            messages.add(frame);
        }
    }

    private static List<Integer> numbersUntilText(RawClient client) {
        List<Integer> numbers = new ArrayList<>();
        for (RawFrame frame = client.readFrame(); frame.opcode() == 2; frame = client.readFrame()) {
            numbers.add(Stuck.numberOf(frame.payload()));
        }
        return numbers;
    }

    /** The next text message, past binary ones and pings. */
    private static String untilText(RawClient client) {
        StringBuilder text = new StringBuilder();
        while (true) {
            RawFrame frame = client.readFrame();
            if (frame.opcode() == 2 || frame.opcode() == 9) continue;
            text.append(frame.text());
            if (frame.fin()) return text.toString();
        }
    }
}
