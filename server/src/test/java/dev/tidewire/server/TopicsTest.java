package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.pack;
import static dev.tidewire.server.WebSocketServer.unpack;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import dev.tidewire.testkit.RawFrame;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class TopicsTest {
    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void whatIsPublishedReachesItsSubscribersAndNobodyElse(Dispatch dispatch) {
        try (var server = started(listening(local(dispatch), fds));
                RawClient subscriber = open(server);
                RawClient other = openSecond(server)) {
            long first = take(fds);
            long second = take(fds);
            assertThat(server.subscribe(first, "news")).isTrue();
            assertThat(server.subscribe(second, "weather")).isTrue();

            server.publish("news", "one");
            server.publish("weather", new byte[] {7});

            assertThat(subscriber.readFrame().text()).isEqualTo("one");
            assertThat(other.readFrame().payload()).containsExactly(7);
            server.push(first, "last");
            assertThat(subscriber.readFrame().text()).isEqualTo("last");
        }
    }

    @InEveryDispatch
    void handlersSubscribeAndPublish(Dispatch dispatch) {
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> ws.subscribe(request.fd(), "room"))
                .on(
                        WebSocketServer.MESSAGE,
                        (ws, frame) -> ws.publish(frame.fd(), "room", frame.bytes(), frame.opcode()));
        try (server;
                RawClient writer = open(started(server));
                RawClient reader = open(server)) {
            until(() -> server.numSubscribers("room") == 2);

            writer.sendMessage("to the others");
            RawFrame heard = reader.readFrame();
            assertThat(heard.opcode()).isEqualTo(Opcode.TEXT.code());
            assertThat(heard.text()).isEqualTo("to the others");

            reader.sendMessage("back");
            assertThat(writer.readFrame().text()).isEqualTo("back");
        }
    }

    @ParameterizedTest(name = "{0} and {1}: {2}")
    @CsvSource({
        "scores/+,          scores/tennis,       true",
        "scores/+,          scores,              false",
        "scores/+,          scores/tennis/live,  false",
        "scores/#,          scores/tennis/live,  true",
        "scores/#,          scores,              true",
        "scores/#,          score,               false",
        "#,                 anything/at/all,     true",
        "+,                 one,                 true",
        "+,                 one/two,             false",
        "+/+,               /two,                true",
        "/+,                /two,                true",
        "+/tennis/#,        scores/tennis,       true",
        "+/tennis/#,        scores/golf,         false",
        "scores/+/live,     scores/golf/live,    true",
        "scores/+/live,     scores/golf/over,    false",
        "scores,            scores,              true",
        "scores,            Scores,              false",
        "scores/,           scores,              false",
    })
    void patternsFitAsInMqtt(String pattern, String topic, boolean fits) {
        try (var server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.subscribe(fd, pattern);
            server.subscribe(fd, "end of the test");

            server.publish(topic, "fits");
            server.publish("end of the test", "end");

            assertThat(client.readFrame().text()).isEqualTo(fits ? "fits" : "end");
        }
    }

    @Test
    void aMessageComesOnceHoweverManyPatternsFit() {
        try (var server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            for (String filter : List.of("a/b", "a/+", "a/#", "#", "+/b")) {
                assertThat(server.subscribe(fd, filter)).isTrue();
            }

            server.publish("a/b", "once");
            server.publish("a/b", "and again");

            assertThat(client.readFrame().text()).isEqualTo("once");
            assertThat(client.readFrame().text()).isEqualTo("and again");
        }
    }

    @InEveryDispatch
    void whatOnePublisherPublishesArrivesInThatOrder(Dispatch dispatch) throws Exception {
        int each = 500;
        try (var server = started(listening(local(dispatch), fds));
                RawClient one = open(server);
                RawClient other = openSecond(server)) {
            server.subscribe(take(fds), "t");
            server.subscribe(take(fds), "#");

            List<Thread> publishers = new ArrayList<>();
            for (String name : List.of("a", "b", "c")) {
                publishers.add(Thread.ofVirtual().start(() -> {
                    for (int i = 0; i < each; i++) server.publish("t", name + i);
                }));
            }
            for (Thread publisher : publishers) publisher.join();

            for (RawClient client : List.of(one, other)) {
                int[] next = new int[3];
                for (int i = 0; i < 3 * each; i++) {
                    String text = client.readFrame().text();
                    assertThat(text.substring(1)).isEqualTo(String.valueOf(next[text.charAt(0) - 'a']++));
                }
            }
        }
    }

    @InEveryDispatch
    void whatIsPublishedBeforeADisconnectStillArrives(Dispatch dispatch) {
        int messages = 100;
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> ws.subscribe(request.fd(), "room"))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    for (int i = 0; i < messages; i++) ws.publish("room", String.valueOf(i));
                    for (long fd : ws.connections()) ws.disconnect(fd, 1000, "the room is closed");
                });
        try (server;
                RawClient one = open(started(server));
                RawClient other = open(server)) {
            until(() -> server.numSubscribers("room") == 2);
            one.sendMessage("close the room");

            for (RawClient client : List.of(one, other)) {
                for (int i = 0; i < messages; i++) client.expectText(String.valueOf(i));
                client.expectClose(1000);
                client.sendClose(1000);
            }
        }
    }

    @InEveryDispatch
    void whoEndsBehindAMessageStillGetsWhatItsHandlerPublishes(Dispatch dispatch) {
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> ws.subscribe(request.fd(), "room"))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.publish("room", frame));
        try (server;
                RawClient closes = open(started(server));
                RawClient breaksARule = open(server);
                RawClient endsItsHalf = open(server)) {
            until(() -> server.numSubscribers("room") == 3);

            closes.send(together(message(closes, "bye"), closes.frame(8, true, new byte[] {3, (byte) 0xE8})));
            closes.expectText("bye");
            closes.expectClose(1000);
            breaksARule.expectText("bye");
            breaksARule.send(together(message(breaksARule, "oops"), breaksARule.frame(3, true, new byte[0])));
            breaksARule.expectText("oops");
            breaksARule.expectClose(1002);
            endsItsHalf.expectText("bye");
            endsItsHalf.expectText("oops");
            endsItsHalf.send(message(endsItsHalf, "the end")).halfClose();
            endsItsHalf.expectText("the end");
            endsItsHalf.expectEof();
        }
    }

    private static byte[] message(RawClient client, String text) {
        return client.frame(1, true, Fixture.ascii(text));
    }

    @InEveryDispatch
    void whatIsPublishedBeforeTheServerEndsStillArrives(Dispatch dispatch) throws Exception {
        var server = started(listening(local(dispatch), fds));
        try (RawClient client = open(server)) {
            assertThat(server.subscribe(take(fds), "#")).isTrue();
            server.publish("news", "good night");
            Thread end = Thread.ofVirtual().start(server::close);

            client.expectText("good night");
            client.expectClose(1001);
            client.sendClose(1001);
            Fixture.seeOut(client);
            end.join();
        }
    }

    @Test
    void beforeTheStartAndAfterTheEndNobodyIsReached() {
        WebSocketServer server = listening(local().build(), fds);
        server.publish("t", "nobody hears");
        assertThat(server.subscribe(1, "t")).isFalse();
        long fd;
        try (server;
                RawClient client = open(started(server))) {
            fd = take(fds);
            assertThat(server.subscribe(fd, "t")).isTrue();
            server.publish("t", "heard");
            client.expectText("heard");
        }
        server.publish("t", "nobody hears");
        assertThat(server.subscribe(fd, "t")).isFalse();
        assertThat(server.unsubscribe(fd, "t")).isFalse();
        assertThat(server.topics(fd)).isEmpty();
        assertThat(server.numSubscribers("t")).isZero();
    }

    @Test
    void aPatternIsKnownByItsSigns() {
        assertThat(Stream.of("#", "+", "scores/+/live", "scores/#", "a+b")).allMatch(WebSocketServer::isPattern);
        assertThat(Stream.of("scores", "scores/live", "")).noneMatch(WebSocketServer::isPattern);
    }

    @Test
    void whatNobodyIsSubscribedToIsNotCopied() {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] bytes = new byte[10 << 20];
        String text = "x".repeat(10 << 20);
        try (var server = started(listening(local().build(), fds))) {
            long before = threads.getCurrentThreadAllocatedBytes();

            assertThat(server.publish("t", bytes)).isTrue();
            assertThat(server.publish("t", text)).isTrue();
            assertThat(server.publish(1, "t", bytes, Opcode.TEXT)).isTrue();
            assertThat(server.publishLatest("t", "key", bytes)).isTrue();

            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(bytes.length);
        }
    }

    @InEveryDispatch
    void insideCloseATopicCanBeToldWhoLeftIt(Dispatch dispatch) {
        BlockingQueue<String> inClose = new LinkedBlockingQueue<>();
        WebSocketServer server = listening(local(dispatch), fds).on(WebSocketServer.CLOSE, (ws, close) -> {
            for (String topic : ws.topics(close.fd())) {
                inClose.add(topic + " " + ws.numSubscribers(topic) + " " + ws.unsubscribe(close.fd(), topic)
                        + ws.subscribe(close.fd(), topic));
                ws.publish(topic, close.fd() + " left");
            }
        });
        try (server;
                RawClient stays = open(started(server))) {
            server.subscribe(take(fds), "room");
            long left;
            try (RawClient leaves = open(server)) {
                left = take(fds);
                server.subscribe(left, "room");
                leaves.sendClose(1000).expectClose(1000);
            }
            stays.expectText(left + " left");
            assertThat(take(inClose)).isEqualTo("room 1 falsefalse");
            until(() -> server.topics(left).isEmpty());
        }
    }

    @Test
    void subscriptionsEndWithUnsubscribeAndWithTheConnection() {
        try (var server = started(listening(local().build(), fds))) {
            long fd;
            try (RawClient client = open(server)) {
                fd = take(fds);
                server.subscribe(fd, "kept");
                server.subscribe(fd, "left");
                server.subscribe(fd, "left/+");
                assertThat(server.topics(fd)).containsExactlyInAnyOrder("kept", "left", "left/+");

                assertThat(server.unsubscribe(fd, "left")).isTrue();
                assertThat(server.unsubscribe(fd, "left")).isFalse();
                server.publish("left", "not heard");
                server.publish("kept", "heard");

                assertThat(client.readFrame().text()).isEqualTo("heard");
                assertThat(server.topics(fd)).containsExactlyInAnyOrder("kept", "left/+");
                assertThat(server.numSubscribers("kept")).isEqualTo(1);
                assertThat(server.numSubscribers("left")).isZero();
            }
            until(() -> server.numSubscribers("kept") == 0 && server.numSubscribers("left/+") == 0);
            until(() -> server.topics(fd).isEmpty());
            assertThat(server.subscribe(fd, "kept")).isFalse();
            assertThat(server.numSubscribers("kept")).isZero();
        }
    }

    @Test
    void oneTopicMoreThanTheLimitIsRefusedAndCounted() {
        try (var server = started(listening(local().maxTopicsPerConnection(2).build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            assertThat(server.subscribe(fd, "1")).isTrue();
            assertThat(server.subscribe(fd, "2")).isTrue();
            assertThat(server.subscribe(fd, "2")).isTrue();
            assertThat(server.subscribe(fd, "3")).isFalse();
            assertThat(server.counters()).containsEntry("limit.maxTopicsPerConnection", 1L);

            server.unsubscribe(fd, "1");
            assertThat(server.subscribe(fd, "3")).isTrue();
            server.publish("3", "heard");
            assertThat(client.readFrame().text()).isEqualTo("heard");
        }
    }

    @Test
    void publicationsThatWaitForABusyLoopAreBounded() {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        int messages = 10;
        var options = local().dispatch(Dispatch.EVENT_LOOP).maxPublishedBytes(messages * (100 + 128));
        var server = new WebSocketServer(options.build())
                .on(WebSocketServer.OPEN, (ws, request) -> ws.subscribe(request.fd(), "t"))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    busy.countDown();
                    await(goOn);
                });
        try (server;
                RawClient client = open(started(server))) {
            until(() -> server.numSubscribers("t") == 1);
            client.sendMessage("wait");
            await(busy);
            for (int i = 0; i < messages; i++)
                assertThat(server.publish("t", new byte[100])).isTrue();
            assertThat(server.publish("t", new byte[100])).isFalse();
            assertThat(server.counters()).containsEntry("limit.maxPublishedBytes", 1L);

            goOn.countDown();
            for (int i = 0; i < messages; i++)
                assertThat(client.readFrame().payload()).hasSize(100);
            until(() -> server.publish("t", new byte[messages * 1000]));
            assertThat(client.readFrame().payload()).hasSize(messages * 1000);
        } finally {
            goOn.countDown();
        }
    }

    /** Also when all three are asked for in one turn of the loop. */
    @InEveryDispatch
    void whoGoesFromAPatternToTheTopicMissesNothing(Dispatch dispatch) {
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> ws.subscribe(request.fd(), "room/+"))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    ws.publish("room/1", "before");
                    ws.subscribe(frame.fd(), "room/1");
                    ws.unsubscribe(frame.fd(), "room/+");
                    ws.publish("room/1", "after");
                });
        try (server;
                RawClient client = open(started(server))) {
            client.sendMessage("go");
            client.expectText("before");
            client.expectText("after");
        }
    }

    @Test
    void aPatternHasAtMost32Levels() {
        try (var server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            String deep = "a/".repeat(31);
            assertThat(server.subscribe(fd, deep + "+")).isTrue();
            assertThat(server.subscribe(fd, deep + "b/c/d")).isTrue();
            assertThatThrownBy(() -> server.subscribe(fd, deep + "b/+"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a pattern has at most 32 levels, was " + deep + "b/+");

            server.publish(deep + "b", "one");
            server.publish(deep + "b/c/d", "two");
            client.expectText("one");
            client.expectText("two");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "12345", "a+", "+a", "#/a", "a#", "a/#/b", "##"})
    void malformedTopicsAreRefused(String filter) {
        try (var server = started(listening(local().maxTopicLength(4).build(), fds))) {
            assertThatThrownBy(() -> server.subscribe(1, filter))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching(".*(must not be empty|was .+)");
            assertThatThrownBy(() -> server.publish(filter, "x")).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aNameThatIsTooLongIsCountedForAPeerMayHaveChosenIt() {
        try (var server = started(listening(local().maxTopicLength(4).build(), fds))) {
            server.subscribe(1, "1234");
            server.publish("1234", "x");
            assertThat(server.counters()).doesNotContainKey("limit.maxTopicLength");

            assertThatThrownBy(() -> server.subscribe(1, "12345")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> server.publish("12345", "x")).isInstanceOf(IllegalArgumentException.class);
            assertThat(server.counters()).containsEntry("limit.maxTopicLength", 2L);
        }
    }

    @Test
    void aMessageThatCameInIsSentOnAsItIs() {
        try (var server = started(listening(local().build(), fds));
                RawClient writer = open(server);
                RawClient reader = openSecond(server)) {
            long author = take(fds);
            long other = take(fds);
            server.subscribe(author, "room");
            server.subscribe(other, "room");
            Frame text = unpack(pack("hello"));
            Frame binary = unpack(pack(new byte[] {1}, Opcode.BINARY, true, true));

            assertThat(server.publish(author, "room", text)).isTrue();
            assertThat(server.publish("room", binary)).isTrue();
            assertThat(writer.read(3)).asHexString().isEqualTo("820101");
            assertThat(reader.read(10)).asHexString().isEqualTo("810568656C6C6F" + "820101");

            assertThat(server.broadcast(List.of(author, other), text)).isEqualTo(2);
            assertThat(server.broadcast(fd -> fd == other, binary)).isEqualTo(1);
            assertThat(writer.read(7)).asHexString().isEqualTo("810568656C6C6F");
            assertThat(reader.read(10)).asHexString().isEqualTo("810568656C6C6F" + "820101");
        }
    }

    @Test
    void aPartOrAControlFrameIsNoMessageForMany() {
        try (var server = started(listening(local().build(), fds))) {
            for (Frame frame : List.of(
                    unpack(pack("Hel", Opcode.TEXT, false, false)), unpack(pack("", Opcode.PING, true, false)))) {
                assertThatThrownBy(() -> server.publish("room", frame)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> server.publish(1, "room", frame)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> server.broadcast(List.of(1L), frame))
                        .isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"+", "a/+", "#"})
    void aPatternCannotBePublishedTo(String pattern) {
        try (var server = started(listening(local().build(), fds))) {
            assertThatThrownBy(() -> server.publish(pattern, "x"))
                    .hasMessage("a topic that is published to holds no + and no #, was " + pattern);
            assertThatThrownBy(() -> server.publish("a", new byte[0], Opcode.PING))
                    .hasMessage("a message for many is TEXT or BINARY, was PING");
        }
    }

    @Test
    void everyoneGetsItCompressedAsAgreed() throws Exception {
        String text = "the same words again and again and again and again; ".repeat(50);
        try (var server =
                        started(listening(local().compression(Fixture.TAKEOVER).build(), fds));
                RawClient plain = connect(server);
                RawClient alone = connect(server);
                RawClient remembering = connect(server)) {
            plain.upgrade();
            alone.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover");
            remembering.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            List<Long> all = List.of(take(fds), take(fds), take(fds));
            all.forEach(fd -> server.subscribe(fd, "t"));

            for (int i = 0; i < 3; i++) {
                server.publish("t", text + i);
                for (long fd : all) server.push(fd, i + text);
            }

            RawDeflate memory = new RawDeflate();
            List<String> expected = List.of(text + 0, text + 1, text + 2, 0 + text, 1 + text, 2 + text);
            List<String> byPlain = new ArrayList<>();
            List<String> byAlone = new ArrayList<>();
            List<String> byRemembering = new ArrayList<>();
            for (int i = 0; i < expected.size(); i++) {
                byPlain.add(plain.readFrame().text());
                try (RawDeflate noMemory = new RawDeflate()) {
                    byAlone.add(inflate(noMemory, alone));
                }
                byRemembering.add(inflate(memory, remembering));
            }
            // Pushes may overtake publications.
            assertThat(byPlain).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(byAlone).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(byRemembering).containsExactlyInAnyOrderElementsOf(expected);
            memory.close();
        }
    }

    private RawClient openSecond(Server server) {
        until(() -> fds.size() == 1);
        return open(server);
    }

    private static String inflate(RawDeflate memory, RawClient client) throws Exception {
        RawFrame frame = client.readFrame();
        assertThat(frame.rsv()).isEqualTo(4);
        return memory.text(frame);
    }
}
