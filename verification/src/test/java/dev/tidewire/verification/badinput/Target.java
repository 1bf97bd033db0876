package dev.tidewire.verification.badinput;

import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.DISCONNECT;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.verification.Patience;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server to be attacked, and what its application hears. */
final class Target implements AutoCloseable {
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final AtomicInteger ended = new AtomicInteger();
    private final WebSocketServer server;
    private int connected;

    Target(Dispatch dispatch, Duration handshakeTimeout) {
        server = new WebSocketServer(ServerOptions.builder("127.0.0.1", 0)
                .dispatch(dispatch)
                .handshakeTimeout(handshakeTimeout)
                .maxFragments(100)
                .build());
        server.on(REQUEST, (request, response) -> {
            heard.add("request");
            response.end("served");
        });
        server.on(OPEN, (ws, request) -> heard.add("open"));
        server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.bytes(), frame.opcode(), true));
        server.on(CLOSE, (ws, close) -> {
            heard.add("close " + close.code());
            ended.incrementAndGet();
        });
        server.on(DISCONNECT, (ws, fd) -> ended.incrementAndGet());
        server.start();
    }

    RawClient connect() {
        connected++;
        return RawClient.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    }

    /** What the application heard, once it has heard of the end of every connection; forgotten hereby. */
    List<String> heard() {
        Patience.until("every connection has ended", () -> ended.get() == connected);
        assertThat(server.connections().count()).isZero();
        List<String> all = List.copyOf(heard);
        heard.clear();
        return all;
    }

    /** Both an HTTP and a WebSocket client get what they came for. */
    void servesTheNextClients() {
        try (RawClient http = connect()) {
            http.sendText("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            assertThat(http.readHttpResponse().text()).isEqualTo("served");
            http.expectEof();
        }
        try (RawClient client = connect()) {
            client.upgrade();
            client.sendMessage("as before").expectText("as before");
            client.sendClose(1000).expectClose(1000);
            client.expectEof();
        }
        assertThat(heard()).containsExactlyInAnyOrder("request", "open", "close 1000");
    }

    @Override
    public String toString() {
        return server.options().dispatch().toString();
    }

    @Override
    public void close() {
        server.close();
    }
}
