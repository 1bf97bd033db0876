package dev.tidewire.verification.conformance;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.Frame;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.verification.Patience;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A server under test. On {@code /} it sends back every message; the other paths are what makes a server speak unasked or in
 * fragments:
 *
 * <ul>
 *   <li>{@code /split} sends it back one byte in each frame, and a ping behind the first
 *   <li>{@code /close} closes with the code and reason that the message says, such as {@code 4000 bye}
 *   <li>{@code /ping} answers with a ping that has the message for its payload
 *   <li>{@code /chat} sends it back, and speaks the subprotocols {@code superchat} and {@code chat}
 *   <li>{@code /deflate} sends it back, compressed when that makes it shorter, and takes contexts over
 *   <li>{@code /deflate/each} likewise, each message by itself
 *   <li>{@code /deflate/small} likewise with takeover, and wants windows of 10 bits for itself and 9 for its clients
 *   <li>{@code /deflate/long} likewise, each message by itself and only long ones
 * </ul>
 */
final class Target implements AutoCloseable {
    /** No connection has this number. */
    private static final long GONE = -1;

    private static final int GENEROUS_BYTES = 64 << 20;

    private final Dispatch dispatch;
    private final WebSocketServer server;

    /** Starts a server; limits that are not given are generous. */
    Target(Dispatch dispatch, Map<String, Integer> limits) {
        this.dispatch = dispatch;
        int maxMessageBytes = limits.getOrDefault("maxMessageBytes", GENEROUS_BYTES);
        server = new WebSocketServer(ServerOptions.builder("127.0.0.1", 0)
                .dispatch(dispatch)
                .maxMessageBytes(maxMessageBytes)
                .maxFrameBytes(limits.getOrDefault("maxFrameBytes", maxMessageBytes))
                .maxFragments(limits.getOrDefault("maxFragments", 0))
                .build());
        server.route("/", route -> route.on(MESSAGE, Target::echo))
                .route("/split", route -> route.on(MESSAGE, Target::split))
                .route("/close", route -> route.on(MESSAGE, Target::disconnect))
                .route("/ping", route -> route.on(MESSAGE, (ws, frame) -> ws.ping(frame.fd(), frame.bytes())))
                .route("/chat", route -> route.on(MESSAGE, Target::echo).subprotocols(List.of("superchat", "chat")));
        compressing("/deflate", new DeflatePolicy(true, false, 15, false, 15, 6, 8, 0));
        compressing("/deflate/each", new DeflatePolicy(true, true, 15, true, 15, 6, 8, 0));
        compressing("/deflate/small", new DeflatePolicy(true, false, 10, false, 9, 6, 8, 0));
        compressing("/deflate/long", DeflatePolicy.SHARED);
        server.start();
    }

    private void compressing(String path, DeflatePolicy policy) {
        server.route(path, route -> route.on(MESSAGE, Target::echo).compression(policy));
    }

    Dispatch dispatch() {
        return dispatch;
    }

    InetSocketAddress address() {
        return server.localAddress();
    }

    /** The server's number for the connection whose client end is {@code client}; waits until it has accepted it. */
    long accepted(InetSocketAddress client) {
        Patience.until("the server accepts " + client, () -> find(client).isPresent());
        return find(client).orElse(GONE);
    }

    private Optional<Long> find(InetSocketAddress client) {
        return server.connections().stream()
                .boxed()
                .filter(fd -> server.clientInfo(fd)
                        .filter(info -> info.remoteAddress().equals(client))
                        .isPresent())
                .findFirst();
    }

    /** True once the server has read so many bytes from a connection, or will not read any more. */
    boolean hasRead(long fd, long bytes) {
        ClientInfo info = server.clientInfo(fd).orElse(null);
        return info == null
                || info.bytesReceived() >= bytes
                || info.webSocketStatus() == WebSocketStatus.CLOSING
                || info.webSocketStatus() == WebSocketStatus.CLOSED;
    }

    @Override
    public void close() {
        server.close();
    }

    private static void echo(WebSocketServer server, Frame frame) {
        server.push(frame.fd(), frame.bytes(), frame.opcode(), true);
    }

    private static void split(WebSocketServer server, Frame frame) {
        byte[] bytes = frame.bytes();
        for (int i = 0; i < bytes.length; i++) {
            Opcode opcode = i == 0 ? frame.opcode() : Opcode.CONTINUATION;
            server.push(frame.fd(), Arrays.copyOfRange(bytes, i, i + 1), opcode, i == bytes.length - 1);
            if (i == 0) server.ping(frame.fd(), "between".getBytes(UTF_8));
        }
    }

    private static void disconnect(WebSocketServer server, Frame frame) {
        String[] codeAndReason = frame.text().split(" ", 2);
        server.disconnect(frame.fd(), Integer.parseInt(codeAndReason[0]), codeAndReason[1]);
    }
}
