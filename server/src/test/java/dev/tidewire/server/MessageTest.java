package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class MessageTest {
    @InEveryDispatch
    void openReturnsBeforeTheFirstMessageStartsThoughBothCameInOnePacket(Dispatch dispatch) {
        Queue<String> heard = new ConcurrentLinkedQueue<>();
        CountDownLatch sent = new CountDownLatch(1);
        WebSocketServer talks = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> {
                    heard.add("opening " + request.path());
                    await(sent);
                    heard.add("opened");
                })
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    heard.add(frame.text());
                    ws.push(frame.fd(), "done");
                });
        try (WebSocketServer server = started(talks);
                RawClient client = Fixture.connect(server)) {
            client.send(together(ascii(RawClient.upgradeRequest("/chat")), client.frame(1, true, ascii("first"))));
            sent.countDown();
            client.expectUpgrade();
            client.expectText("done");

            assertThat(heard).containsExactly("opening /chat", "opened", "first");
        }
    }

    @InEveryDispatch
    void messagesOfAConnectionNeitherOverlapNorOvertake(Dispatch dispatch) {
        int messages = 500;
        AtomicInteger overlaps = new AtomicInteger();
        WebSocketServer talks = new WebSocketServer(local(dispatch))
                .on(
                        WebSocketServer.OPEN,
                        (ws, request) -> ws.attributes(request.fd()).put("inside", new AtomicInteger()))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    var inside = (AtomicInteger) ws.attributes(frame.fd()).get("inside");
                    if (inside == null || inside.getAndIncrement() != 0) overlaps.incrementAndGet();
                    ws.push(frame.fd(), frame.text());
                    if (inside != null) inside.decrementAndGet();
                });
        try (WebSocketServer server = started(talks);
                RawClient one = open(server).inChunksOf(7);
                RawClient two = open(server)) {
            Thread.startVirtualThread(() -> sendNumbers(one, messages));
            sendNumbers(two, messages);

            for (int i = 0; i < messages; i++) {
                one.expectText(String.valueOf(i));
                two.expectText(String.valueOf(i));
            }
            assertThat(overlaps).hasValue(0);
        }
    }

    @InEveryDispatch
    void aHandlerThatWaitsDoesNotLetTheNextMessageOvertake(Dispatch dispatch) {
        CountDownLatch bothSent = new CountDownLatch(1);
        WebSocketServer talks = new WebSocketServer(local(dispatch)).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            if (frame.text().equals("slow")) await(bothSent);
            ws.push(frame.fd(), frame.text());
        });
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            client.sendMessage("slow").sendMessage("fast");
            bothSent.countDown();

            client.expectText("slow");
            client.expectText("fast");
        }
    }

    /** On the event loop, for elsewhere handlers run beside the reads; what is queued shows that nothing left meanwhile. */
    @OnEveryTransport
    void repliesOfOneReadBatchGoOutInOneWrite(Transport transport) {
        int messages = 50;
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        ServerOptions options =
                local().transport(transport).dispatch(Dispatch.EVENT_LOOP).build();
        WebSocketServer talks = new WebSocketServer(options).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            seen.add(ws.queuedBytes(frame.fd()) + " after " + frame.text());
            ws.push(frame.fd(), "12345678");
        });
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            client.sendMessage("x").expectText("12345678");
            take(seen);
            byte[][] batch = new byte[messages][];
            for (int i = 0; i < messages; i++) {
                batch[i] = client.frame(1, true, ascii(String.valueOf(i)));
            }
            client.send(together(batch));

            assertThat(client.readSome(65_536)).hasSize(messages * 10);
            for (int i = 0; i < messages; i++) {
                assertThat(take(seen)).isEqualTo(i * 10 + " after " + i);
            }
        }
    }

    @InEveryDispatch
    void aFrameStaysValidAfterItsHandler(Dispatch dispatch) {
        BlockingQueue<Frame> kept = new LinkedBlockingQueue<>();
        WebSocketServer talks = new WebSocketServer(local(dispatch)).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            kept.add(frame);
            ws.push(frame.fd(), "");
        });
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            for (int i = 0; i < 100; i++) {
                client.sendMessage("number " + i + " ".repeat(i)).expectText("");
            }
        }

        for (int i = 0; i < 100; i++) {
            assertThat(take(kept).text()).isEqualTo("number " + i + " ".repeat(i));
        }
    }

    @Test
    void aFrameIsAWholeMessageOfTextOrBytes() {
        BlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
        WebSocketServer talks =
                new WebSocketServer(local().build()).on(WebSocketServer.MESSAGE, (ws, frame) -> frames.add(frame));
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            client.sendFrame(1, false, "gr\u00fc".getBytes(UTF_8));
            client.sendFrame(9, true, ascii("ping"));
            client.sendFrame(0, true, "\u00dfe".getBytes(UTF_8));
            client.sendMessage(new byte[] {(byte) 0xff, 0});

            Frame text = take(frames);
            assertThat(text.fd()).isEqualTo(1);
            assertThat(text.opcode()).isEqualTo(Opcode.TEXT);
            assertThat(text.fin()).isTrue();
            assertThat(text.text()).isEqualTo("gr\u00fc\u00dfe");
            Frame bytes = take(frames);
            assertThat(bytes.opcode()).isEqualTo(Opcode.BINARY);
            assertThat(bytes.bytes()).containsExactly(0xff, 0);
            RawFrame pong = client.readFrame();
            assertThat(pong.opcode()).isEqualTo(10);
            assertThat(pong.text()).isEqualTo("ping");
            assertThat(bytes).hasToString("Frame[fd=1, opcode=BINARY, fin=true, bytes=2]");
        }
    }

    @Test
    void pingsAreAnsweredWhileAHandlerIsBusy() {
        CountDownLatch answered = new CountDownLatch(1);
        WebSocketServer talks = new WebSocketServer(local().build()).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            await(answered);
            ws.push(frame.fd(), "done");
        });
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            client.sendMessage("work").sendFrame(9, true, ascii("there?"));

            assertThat(client.readFrame().text()).isEqualTo("there?");
            answered.countDown();
            client.expectText("done");
        }
    }

    @OnEveryTransport
    void everyTransportCarriesMessages(Transport transport) {
        try (WebSocketServer server = started(echo(local().transport(transport).build()));
                RawClient client = open(server).inChunksOf(10_000)) {
            for (int bytes : new int[] {0, 125, 126, 65_535, 65_536, 1 << 20}) {
                byte[] payload = new byte[bytes];
                assertThat(client.sendMessage(payload).readFrame().payload()).isEqualTo(payload);
            }
            client.sendClose(1000).expectClose(1000);
            client.expectEof();
        }
    }

    private static void sendNumbers(RawClient client, int count) {
        List<byte[]> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(client.frame(1, true, ascii(String.valueOf(i))));
        }
        client.send(together(frames.toArray(byte[][]::new)));
    }
}
