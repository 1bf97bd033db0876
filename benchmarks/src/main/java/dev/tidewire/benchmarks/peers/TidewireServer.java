package dev.tidewire.benchmarks.peers;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsOptions;
import dev.tidewire.server.options.TlsProvider;
import java.nio.file.Path;
import java.util.List;

/** Tidewire as a program of its user would have it, with the limits that all servers here have. One loop. */
final class TidewireServer {
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    private static final int MAX_QUEUED_BYTES = 2 * MAX_MESSAGE_BYTES + 1024;
    private static final String ROOM = "everyone";

    private TidewireServer() {}

    /**
     * Arguments: port, {@code event-loop} or {@code virtual}, then {@code deflate}, or {@code tls} with a certificate and a key,
     * and {@code jdk-tls} anywhere for the JDK's implementation of TLS, which most others use.
     */
    static void main(String[] arguments) {
        List<String> words = List.of(arguments);
        ServerOptions.Builder options = ServerOptions.builder("127.0.0.1", Integer.parseInt(words.getFirst()))
                .threads(1)
                .dispatch(words.contains("virtual") ? Dispatch.VIRTUAL : Dispatch.EVENT_LOOP)
                .backlog(4096)
                .maxConnections(0) // the others have no such limit
                .maxMessageBytes(MAX_MESSAGE_BYTES)
                .maxQueuedBytes(MAX_QUEUED_BYTES)
                .compression(words.contains("deflate") ? DeflatePolicy.TAKEOVER : DeflatePolicy.OFF);
        if (words.contains("tls")) options.tls(tls(words));
        new WebSocketServer(options.build())
                .route(
                        "/broadcast",
                        room -> room.on(OPEN, (ws, request) -> ws.subscribe(request.fd(), ROOM))
                                .on(MESSAGE, (ws, frame) -> ws.publish(ROOM, frame)))
                .route("/sink", sink -> sink.on(MESSAGE, (_, _) -> {}))
                .route("/", echo -> echo.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame)))
                .start();
    }

    private static TlsOptions tls(List<String> words) {
        int at = words.indexOf("tls");
        return TlsOptions.builder()
                .certificate(Path.of(words.get(at + 1)), Path.of(words.get(at + 2)))
                .provider(words.contains("jdk-tls") ? TlsProvider.JDK : TlsProvider.AUTO)
                .build();
    }
}
