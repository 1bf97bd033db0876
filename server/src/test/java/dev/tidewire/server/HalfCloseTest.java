package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtendWith;

/** A client that has said its last and ended its half of the stream is still read to its end, and still gets all of its answers. */
@ExtendWith(NoLeaks.class)
class HalfCloseTest {
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final BlockingQueue<Long> begun = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void anAnswerThatTheSocketDoesNotTakeAtOnceComesWhole(Transport transport) {
        byte[] body = new byte[8 << 20];
        HttpServer server = new HttpServer(local().transport(transport)
                        .maxQueuedBytes(2 * body.length)
                        .build())
                .on(HttpServer.REQUEST, (request, response) -> {
                    await(goOn);
                    response.end(body);
                });
        try (server;
                RawClient client = connect(started(server))) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n").halfClose();
            rest();
            goOn.countDown();
            rest();

            assertThat(client.readHttpResponse().body()).hasSize(body.length);
        }
    }

    @OnEveryTransport
    void whatItSentWhileItWasNotReadIsHandledAndAnswered(Transport transport) {
        int messages = 600;
        var options = local().transport(transport).maxPendingBytes(20_000);
        WebSocketServer server = new WebSocketServer(options.build()).on(MESSAGE, (ws, frame) -> {
            begun.add(frame.fd());
            await(goOn);
            ws.push(frame.fd(), frame);
        });
        try (server;
                RawClient client = open(started(server))) {
            for (int i = 0; i < messages; i++) client.sendMessage(i + " ".repeat(1000));
            client.sendClose(1000).halfClose();
            take(begun);
            goOn.countDown();

            for (int i = 0; i < messages; i++) client.expectText(i + " ".repeat(1000));
            client.expectClose(1000);
            client.expectEof();
        }
    }

    @OnEveryTransport
    void aPauseOfTheApplicationLosesNothingOfIt(Transport transport) {
        WebSocketServer server = new WebSocketServer(
                        local().transport(transport).build())
                .on(MESSAGE, (ws, frame) -> {
                    if (frame.text().equals("pause")) ws.pause(frame.fd());
                    begun.add(frame.fd());
                    ws.push(frame.fd(), frame);
                });
        try (server;
                RawClient client = open(started(server))) {
            client.sendMessage("pause");
            long fd = take(begun);
            client.expectText("pause");
            client.sendMessage("more").sendClose(1000).halfClose();
            rest();
            server.push(fd, "resumed");
            server.resume(fd);

            client.expectText("resumed");
            client.expectText("more");
            RawFrame close = client.expectClose(1000);
            assertThat(close.payload()).hasSize(2);
            client.expectEof();
        }
    }

    /** Its end comes together with all that it sent. */
    @OnEveryTransport
    void aPauseStaysAPause(Transport transport) {
        int messages = 50;
        AtomicInteger handled = new AtomicInteger();
        WebSocketServer server = new WebSocketServer(local().transport(transport)
                        .dispatch(Dispatch.EVENT_LOOP)
                        .build())
                .on(OPEN, (ws, request) -> begun.add(request.fd()))
                .on(MESSAGE, (ws, frame) -> {
                    handled.incrementAndGet();
                    ws.pause(frame.fd());
                });
        try (server;
                RawClient client = open(started(server))) {
            long fd = take(begun);
            server.pause(fd);
            for (int i = 0; i < messages; i++) client.sendMessage(new byte[1000]);
            client.sendClose(1000).halfClose();
            rest();
            server.resume(fd);
            until(() -> handled.get() > 0);
            rest();

            assertThat(handled).hasValueLessThan(messages);
        }
    }

    /** Until the kernel has moved what is under way, of which nobody is told. */
    private static void rest() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
