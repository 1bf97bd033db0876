package dev.tidewire.verification.interop;

import static dev.tidewire.server.HttpServer.REQUEST;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.Frame;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.options.ServerOptions;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A server that sends messages back, and does on request what only servers can. */
final class TalkingServer implements AutoCloseable {
    /** What it answers to requests that are no handshakes. */
    static final String PAGE = "<!doctype html><title>Tidewire</title>";

    /** All that a client may ask for is granted, and every message is compressed. */
    static final DeflatePolicy EVERY_COMPRESSION = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 0);

    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();
    private final WebSocketServer server;
    private final String scheme;

    TalkingServer() {
        this(options -> options);
    }

    /** A server with more options than every one of them has. */
    TalkingServer(UnaryOperator<ServerOptions.Builder> more) {
        ServerOptions options = more.apply(ServerOptions.builder("127.0.0.1", 0)
                        .subprotocols(List.of("chat.v2", "chat.v1"))
                        .maxQueuedBytes(16 * 1024 * 1024))
                .build();
        scheme = options.tls().isPresent() ? "wss" : "ws";
        server = new WebSocketServer(options);
        server.on(
                REQUEST,
                (request, response) ->
                        response.header("Content-Type", "text/html").end(PAGE));
        server.on(MESSAGE, (ws, frame) -> answer(frame));
        server.on(CLOSE, (ws, close) -> closes.add(close));
        server.start();
    }

    URI uri() {
        return URI.create(scheme + "://127.0.0.1:" + server.port() + "/");
    }

    /** Where {@link #PAGE} is. */
    URI page() {
        return URI.create(uri().toString().replaceFirst("ws", "http"));
    }

    /** How the next connection ended; null when none does. */
    @Nullable
    CloseEvent nextClose() throws InterruptedException {
        return closes.poll(20, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        server.close();
    }

    private void answer(Frame frame) {
        long fd = frame.fd();
        switch (frame.text()) {
            case "close" -> server.disconnect(fd, 4001, "enough");
            case "ping" -> server.ping(fd, "are you there".getBytes(US_ASCII));
            case "fragments" -> {
                server.push(fd, "one ", Opcode.TEXT, false);
                server.push(fd, "two ", Opcode.CONTINUATION, false);
                server.push(fd, "three", Opcode.CONTINUATION, true);
            }
            default -> server.push(fd, frame.bytes(), frame.opcode(), true);
        }
    }
}
