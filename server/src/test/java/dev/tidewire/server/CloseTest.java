package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class CloseTest {
    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> closes = new LinkedBlockingQueue<>();

    /** Echoes, but for the messages that ask for something else. */
    private WebSocketServer server(ServerOptions options) {
        return started(new WebSocketServer(options)
                .on(WebSocketServer.OPEN, (ws, request) -> fds.add(request.fd()))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    switch (frame.text()) {
                        case "disconnect" -> ws.disconnect(frame.fd(), 4001, "go");
                        case "fail" -> throw new IllegalStateException("as asked");
                        default -> ws.push(frame.fd(), frame.text());
                    }
                })
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> {})
                .on(WebSocketServer.CLOSE, (ws, close) -> closes.add(summary(close))));
    }

    @InEveryDispatch
    void aClientsCloseIsAnsweredWithItsCode(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            client.sendFrame(8, true, together(new byte[] {0x0f, (byte) 0xa0}, ascii("bye")));

            client.expectClose(4000);
            seeOut(client);
            assertThat(take(closes)).isEqualTo("4000 bye CLIENT clean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void aClientsCloseWithoutACodeIsAnsweredWithoutOne(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            client.sendClose(1005).expectClose(1005);
            seeOut(client);
            assertThat(take(closes)).isEqualTo("1005 CLIENT clean");
        }
    }

    @InEveryDispatch
    void theServersCloseIsCleanOnceTheClientAnsweredIt(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            assertThat(server.disconnect(take(fds), 4001, "go")).isTrue();

            assertThat(client.expectClose(4001).closeReason()).isEqualTo("go");
            seeOut(client.sendClose(4001));
            assertThat(take(closes)).isEqualTo("4001 go SERVER clean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void aClientThatDoesNotAnswerIsCutOffAtTheDeadline(Dispatch dispatch) {
        ServerOptions options =
                local().dispatch(dispatch).closeTimeout(Duration.ofMillis(100)).build();
        try (WebSocketServer server = server(options);
                RawClient client = open(server)) {
            server.disconnect(take(fds), 4001, "go");

            client.expectClose(4001);
            client.expectEnd();
            assertThat(take(closes)).isEqualTo("4001 go SERVER unclean");
            assertThat(server.counters()).containsEntry("limit.closeTimeout", 1L);
        }
    }

    @InEveryDispatch
    void whenBothCloseAtOnceTheFirstToDoSoIsTold(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.disconnect(fd, 4001, "go");
            client.sendClose(3001).expectClose(4001);
            seeOut(client);
            assertThat(take(closes)).isEqualTo("4001 go SERVER clean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void whoeverWinsOneCloseIsToldWhenTheClientsCrossesAHandlers(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            client.send(together(
                    client.frame(1, true, ascii("disconnect")), client.frame(8, true, new byte[] {0x0b, (byte) 0xb9})));

            assertThat(client.readFrame().opcode()).isEqualTo(8);
            seeOut(client);
            assertThat(take(closes)).isIn("4001 go SERVER clean", "3001 CLIENT clean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void aClientThatEndsItsStreamWithoutGoodbyeIsLost(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            client.sendMessage("last words").halfClose();

            client.expectText("last words");
            seeOut(client);
            assertThat(take(closes)).isEqualTo("1006 CLIENT unclean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void aClientThatVanishesIsLost(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch))) {
            open(server).reset();

            assertThat(take(closes)).isEqualTo("1006 CLIENT unclean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void aClientThatBreaksARuleIsToldWhich(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            client.sendMessage("before").sendHex("81 01 41");

            client.expectText("before");
            String reason = client.expectClose(1002).closeReason();
            assertThat(reason).contains("RFC 6455 §5.1");
            seeOut(client);
            assertThat(take(closes)).isEqualTo("1002 " + reason + " SERVER unclean");
        }
        assertThat(closes).isEmpty();
    }

    @InEveryDispatch
    void aFailedHandlerClosesWith1011(Dispatch dispatch) {
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            client.sendMessage("fail").expectClose(1011);
            seeOut(client.sendClose(1011));
            assertThat(take(closes)).isEqualTo("1011 SERVER clean");
        }
    }

    @InEveryDispatch
    void theServersEndClosesWith1001(Dispatch dispatch) throws InterruptedException {
        WebSocketServer server = server(local(dispatch));
        try (RawClient client = open(server)) {
            Thread closing = Thread.startVirtualThread(server::close);
            client.expectClose(1001);
            seeOut(client.sendClose(1001));
            closing.join();
        }
        assertThat(closes).containsExactly("1001 the server is going away SERVER clean");
    }

    @InEveryDispatch
    void repliesToMessagesBeforeAClientsCloseStillArrive(Dispatch dispatch) {
        int messages = 100;
        try (WebSocketServer server = server(local(dispatch));
                RawClient client = open(server)) {
            List<byte[]> frames = new ArrayList<>();
            for (int i = 0; i < messages; i++) {
                frames.add(client.frame(1, true, ascii("message " + i)));
            }
            frames.add(client.frame(8, true, new byte[] {0x03, (byte) 0xe8}));
            client.send(together(frames.toArray(byte[][]::new)));

            for (int i = 0; i < messages; i++) {
                client.expectText("message " + i);
            }
            client.expectClose(1000);
            client.expectEof();
        }
    }

    @Test
    void anAnswerPushedWhileTheClientsCloseWaitsStillArrives() {
        CountDownLatch closeSent = new CountDownLatch(1);
        try (WebSocketServer server =
                        started(new WebSocketServer(local().build()).on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            await(closeSent);
                            ws.push(frame.fd(), "late answer");
                        }));
                RawClient client = open(server)) {
            client.sendMessage("?").sendClose(1000);
            closeSent.countDown();

            client.expectText("late answer");
            client.expectClose(1000);
        }
    }

    @Test
    void aHandlerThatTakesTooLongIsNotWaitedFor() {
        CountDownLatch clientIsGone = new CountDownLatch(1);
        ServerOptions options = local().closeTimeout(Duration.ofMillis(100)).build();
        try (WebSocketServer server = started(
                        new WebSocketServer(options).on(WebSocketServer.MESSAGE, (ws, frame) -> await(clientIsGone)));
                RawClient client = open(server)) {
            client.sendMessage("?").sendClose(1000).expectClose(1000);
            client.expectEof();
            clientIsGone.countDown();
        }
    }

    @InEveryDispatch
    void closeIsToldLastAndOnceThoughTheClientVanishedDuringOpen(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        WebSocketServer server = started(new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> {
                    opening.countDown();
                    await(gone);
                    heard.add("open");
                })
                .on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add("message"))
                .on(WebSocketServer.CLOSE, (ws, close) -> heard.add("close " + close.code())));
        RawClient client = connect(server);
        client.send(together(ascii(RawClient.upgradeRequest("/")), client.frame(1, true, ascii("x"))));
        await(opening);
        client.reset();
        gone.countDown();

        assertThat(take(heard)).isEqualTo("open");
        String next = take(heard);
        assertThat(next.equals("message") ? take(heard) : next).isEqualTo("close 1006");
        server.close();
        assertThat(heard).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536 + 1000})
    void codesThatMayNotBeSentAreRefused(int code) {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            long fd = take(fds);

            assertThatThrownBy(() -> server.disconnect(fd, code, "")).isInstanceOf(IllegalArgumentException.class);
            assertThat(server.isEstablished(fd)).isTrue();
            client.sendMessage("still here").expectText("still here");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1003, 1007, 1014, 3000, 4999})
    void codesThatMayBeSentAreSent(int code) {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            assertThat(server.disconnect(take(fds), code, "")).isTrue();

            client.expectClose(code);
            seeOut(client.sendClose(code));
        }
    }

    @Test
    void aReasonHolds123BytesOfUtf8() {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            long fd = take(fds);
            String longest = "é".repeat(61) + "!";

            assertThatThrownBy(() -> server.disconnect(fd, 1000, longest + "!"))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(server.disconnect(fd, 1000, longest)).isTrue();
            assertThat(client.expectClose(1000).closeReason()).isEqualTo(longest);
        }
    }

    @Test
    void aSecondDisconnectFindsNothingToDo() {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            long fd = take(fds);

            assertThat(server.disconnect(fd)).isTrue();
            assertThat(server.disconnect(fd, 4000, "")).isFalse();
            assertThat(server.close(fd)).isFalse();
            assertThat(server.disconnect(4711)).isFalse();
            client.expectClose(1000);
        }
    }

    @Test
    void closeSaysGoodbyeToAWebSocketWith1000() {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            assertThat(server.close(take(fds))).isTrue();

            RawFrame close = client.expectClose(1000);
            assertThat(close.closeReason()).isEmpty();
            seeOut(client.sendClose(1000));
            assertThat(take(closes)).isEqualTo("1000 SERVER clean");
        }
    }

    @Test
    void aPushedCloseFrameDoesWhatDisconnectDoes() {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            byte[] payload = together(new byte[] {0x0f, (byte) 0xa0}, ascii("bye"));
            assertThat(server.push(take(fds), payload, Opcode.CLOSE, false)).isEqualTo(SendResult.SENT);

            client.expectClose(4000);
            seeOut(client.sendClose(4000));
            assertThat(take(closes)).isEqualTo("4000 bye SERVER clean");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"03", "03ed", "ffff", "03e8ff"})
    void aPushedCloseFrameThatMayNotBeSentIsRefused(String hex) {
        try (WebSocketServer server = server(local().build());
                RawClient client = open(server)) {
            byte[] payload = HexFormat.of().parseHex(hex);

            assertThatThrownBy(() -> server.push(take(fds), payload, Opcode.CLOSE, true))
                    .isInstanceOf(IllegalArgumentException.class);
            client.sendMessage("still here").expectText("still here");
        }
    }

    @InEveryDispatch
    void everythingPushedBeforeADisconnectArrivesBeforeIt(Dispatch dispatch) {
        try (WebSocketServer server =
                        started(new WebSocketServer(local(dispatch)).on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            for (int i = 0; i < 20; i++) {
                                ws.push(frame.fd(), new byte[40_000]);
                            }
                            ws.disconnect(frame.fd(), 4000, "");
                        }));
                RawClient client = open(server)) {
            client.sendMessage("all");

            for (int i = 0; i < 20; i++) {
                assertThat(client.readFrame().payload()).hasSize(40_000);
            }
            client.expectClose(4000);
        }
    }

    @InEveryDispatch
    void noMessageIsHandledBehindADisconnect(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        CountDownLatch sent = new CountDownLatch(1);
        try (WebSocketServer server = started(new WebSocketServer(local(dispatch))
                        .on(WebSocketServer.OPEN, (ws, request) -> {
                            await(sent);
                            ws.disconnect(request.fd(), 4003, "you may not");
                        })
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add(frame.text())));
                RawClient client = connect(server)) {
            client.send(together(
                    ascii(RawClient.upgradeRequest("/")),
                    client.frame(1, true, ascii("one")),
                    client.frame(1, true, ascii("two"))));
            sent.countDown();
            client.expectUpgrade();
            client.expectClose(4003);
            seeOut(client.sendClose(4003));
            until(() -> !server.exists(1));
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void connectionsThatNeverWereWebSocketsDisconnectInPlaceOfClosing() {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (WebSocketServer server = started(new WebSocketServer(local().build())
                .on(WebSocketServer.CONNECT, (ws, fd) -> heard.add("connect " + fd))
                .on(WebSocketServer.DISCONNECT, (ws, fd) -> heard.add("disconnect " + fd))
                .on(WebSocketServer.OPEN, (ws, request) -> heard.add("open " + request.fd()))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {})
                .on(WebSocketServer.CLOSE, (ws, close) -> heard.add("close " + close.fd())))) {
            connect(server).close();
            assertThat(take(heard)).isEqualTo("connect 1");
            assertThat(take(heard)).isEqualTo("disconnect 1");
            try (RawClient client = open(server)) {
                client.sendClose(1000).expectClose(1000);
            }
            assertThat(take(heard)).isEqualTo("connect 2");
            assertThat(take(heard)).isEqualTo("open 2");
            assertThat(take(heard)).isEqualTo("close 2");
        }
        assertThat(heard).isEmpty();
    }
}
