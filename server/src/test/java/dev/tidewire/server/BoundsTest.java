package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.HANDSHAKE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static dev.tidewire.server.WebSocketServer.PART;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a peer can make a server hold, and mix up. */
@ExtendWith(NoLeaks.class)
class BoundsTest {
    private static final int COMPRESSED_BINARY = 0x42;
    private static final int WARM_UP = 4;

    @Test
    void messagesWithoutPayloadMakeTheirSenderWaitToo() {
        CountDownLatch goOn = new CountDownLatch(1);
        try (var server = started(
                        new WebSocketServer(local().maxPendingBytes(64 << 10).build())
                                .on(MESSAGE, (ws, frame) -> await(goOn)));
                RawClient client = open(server)) {
            long fd = server.connections().iterator().nextLong();
            byte[] empty = client.frame(2, true, new byte[0]);
            byte[] many = new byte[empty.length * 20_000];
            for (int i = 0; i < many.length; i += empty.length) {
                System.arraycopy(empty, 0, many, i, empty.length);
            }
            Thread sender = Thread.ofVirtual().unstarted(() -> {
                for (int i = 0; i < 100; i++) {
                    client.send(many);
                }
            });
            // Its socket is closed while it still writes.
            sender.setUncaughtExceptionHandler((thread, closed) -> {});
            sender.start();
            Fixture.until(() -> server.counters().containsKey("limit.maxPendingBytes"));
            assertThat(server.clientInfo(fd).orElseThrow().messagesReceived()).isGreaterThanOrEqualTo(512);

            // One read may be under way when the limit is passed, and brings at most 64 KiB of 6-byte frames.
            assertThat(server.clientInfo(fd).orElseThrow().messagesReceived()).isLessThan(30_000);
            goOn.countDown();
        }
    }

    /** 64 KiB of what a client sends can be 64 MiB of messages. */
    @OnEveryTransport
    void compressedMessagesAreReadAsTheyAreHandled(Transport transport) {
        int messages = 60;
        Semaphore handled = new Semaphore(0);
        AtomicInteger seen = new AtomicInteger();
        var options = local().transport(transport)
                .dispatch(Dispatch.VIRTUAL)
                .compression(Fixture.TAKEOVER)
                .build();
        try (var server = started(new WebSocketServer(options).on(MESSAGE, (ws, frame) -> {
                    handled.acquire();
                    assertThat(frame.bytes()).hasSize(1 << 20);
                    seen.incrementAndGet();
                }));
                RawClient client = connect(server);
                RawDeflate memory = new RawDeflate()) {
            client.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            long fd = server.connections().iterator().nextLong();
            // So that it reads much at a time.
            handled.release(WARM_UP);
            for (int i = 1; i <= WARM_UP; i++) {
                int sent = i;
                client.sendMessage(new byte[1 << 20]);
                Fixture.until(() -> seen.get() == sent);
            }
            client.send(zeros(messages, client, memory));
            Fixture.until(() -> server.counters().containsKey("limit.maxPendingBytes"));
            assertThat(Fixture.settled(() -> server.clientInfo(fd).orElseThrow().messagesReceived()))
                    .isLessThan(WARM_UP + 6);

            handled.release(messages);
            Fixture.until(() -> seen.get() == WARM_UP + messages);
            client.sendClose(1000).expectClose(1000);
        }
    }

    /** Messages of 1 MiB each, compressed. */
    private static byte[] zeros(int messages, RawClient client, RawDeflate memory) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < messages; i++) {
            all.writeBytes(client.frame(COMPRESSED_BINARY, true, memory.deflate(new byte[1 << 20])));
        }
        return all.toByteArray();
    }

    @OnEveryTransport
    void whatWasNotReadIsStillHandledWhenTheClientHasEnded(Transport transport) {
        int messages = 20;
        Semaphore handled = new Semaphore(0);
        BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
        var options = local().transport(transport)
                .dispatch(Dispatch.VIRTUAL)
                .compression(Fixture.TAKEOVER)
                .build();
        try (var server = started(new WebSocketServer(options)
                        .on(MESSAGE, (ws, frame) -> {
                            handled.acquire();
                            seen.add(frame.bytes().length);
                        })
                        .on(CLOSE, (ws, close) -> seen.add(close.code())));
                RawClient client = connect(server);
                RawDeflate memory = new RawDeflate()) {
            client.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            client.send(zeros(messages, client, memory)).halfClose();
            Fixture.until(() -> server.counters().containsKey("limit.maxPendingBytes"));
            handled.release(messages);

            for (int i = 0; i < messages; i++) {
                assertThat(take(seen)).isEqualTo(1 << 20);
            }
            assertThat(take(seen)).isEqualTo(1006);
        }
    }

    @Test
    void whatFollowsARefusedRequestIsNotKept() {
        BlockingQueue<HttpResponse> responses = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(REQUEST, (request, response) -> responses.add(response)));
                RawClient client = connect(server)) {
            client.sendText("GET /slow HTTP/1.1\r\nHost: a\r\n\r\ngarbage\r\n\r\n");
            HttpResponse slow = take(responses);
            for (int i = 0; i < 50; i++) {
                client.send(new byte[1 << 20]);
            }
            slow.end("at last");

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            assertThat(client.readHttpResponse().status()).isEqualTo(400);
        }
    }

    @Test
    void requestsSentAheadAreAnsweredAlsoWhenTheirSenderHasEndedItsHalf() {
        try (var server = started(new HttpServer(local().build())
                        .on(REQUEST, (request, response) -> response.end(request.path())));
                RawClient client = connect(server)) {
            client.sendText("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n")
                    .halfClose();

            assertThat(client.readHttpResponse().text()).isEqualTo("/a");
            assertThat(client.readHttpResponse().text()).isEqualTo("/b");
            client.expectEof();
        }
    }

    @Test
    void aPeerThatReadsNoResponseIsCutOff() {
        BlockingQueue<Long> gone = new LinkedBlockingQueue<>();
        try (var server = started(new HttpServer(
                                local().keepAliveTimeout(Duration.ofMillis(200)).build())
                        .on(REQUEST, (request, response) -> response.end(new byte[30 << 20]))
                        .on(Server.CLOSE, (http, close) -> gone.add(close.fd())));
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(take(gone)).isEqualTo(1);
        }
    }

    @InEveryDispatch
    void openDoesNotBeginBeforeTheHandshakeHandlerEnds(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(echo(local(dispatch))
                        .on(HANDSHAKE, (request, upgrade) -> {
                            upgrade.accept();
                            heard.add("handshake ends");
                        })
                        .on(OPEN, (ws, request) -> heard.add("open")));
                RawClient client = connect(server)) {
            client.send(Fixture.together(ascii(RawClient.upgradeRequest("/")), client.frame(1, true, ascii("x"))));
            client.expectUpgrade();
            client.expectText("x");

            assertThat(heard).containsExactly("handshake ends", "open");
        }
    }

    @Test
    void aRoutesOwnMessageHandlerIsNotOverriddenByTheServersParts() {
        try (var server = started(new WebSocketServer(local().build())
                        .on(PART, (ws, part) -> ws.push(part.fd(), "part"))
                        .route("/own", own -> own.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "message"))));
                RawClient client = connect(server)) {
            client.upgrade("/own");

            client.sendMessage("?").expectText("message");
        }
    }

    @Test
    void sizesAndTimesThatCannotBeAreRefusedByTheBuilder() {
        ServerOptions.Builder builder = local();
        assertThatThrownBy(() -> builder.maxMessageBytes(Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxMessageBytes");
        assertThatThrownBy(() -> builder.closeTimeout(Duration.ofDays(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("closeTimeout");
        for (List<String> names : List.of(List.of("chat v1"), List.of(""), List.of("a,b"), List.of("a", "b", "a"))) {
            assertThatThrownBy(() -> builder.subprotocols(names))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("RFC 6455 §4.1");
        }
    }

    @Test
    void receiveIsRefusedWhereItWouldNeverCome() {
        var server = new WebSocketServer(local().build());
        assertThatThrownBy(() -> server.on(Server.RECEIVE, (tcp, fd, data) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("receive");
    }
}
