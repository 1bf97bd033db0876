package dev.tidewire.cli;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.Frame;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.options.ServerOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sends messages back to who sent them, or to everyone in the room.
 *
 * <p>What a peer has no room for is not left out in silence: its connection is closed with 1013.
 */
final class EchoServer {
    static final String BROADCAST_PATH = "/broadcast";

    private final Set<Long> room = ConcurrentHashMap.newKeySet();

    private EchoServer() {}

    /** The server, not started. */
    static WebSocketServer of(ServerOptions options) {
        EchoServer echo = new EchoServer();
        return new WebSocketServer(options)
                .on(OPEN, echo::opened)
                .on(MESSAGE, echo::received)
                .on(CLOSE, (ws, close) -> echo.room.remove(close.fd()));
    }

    private void opened(WebSocketServer ws, HttpRequest request) {
        if (request.path().equals(BROADCAST_PATH)) room.add(request.fd());
    }

    private void received(WebSocketServer ws, Frame frame) {
        if (!room.isEmpty() && room.contains(frame.fd())) {
            room.forEach(member -> send(ws, member, frame));
        } else {
            send(ws, frame.fd(), frame);
        }
    }

    private static void send(WebSocketServer ws, long fd, Frame frame) {
        if (ws.push(fd, frame.bytes(), frame.opcode(), true) == SendResult.DROPPED) {
            ws.disconnect(fd, CloseCode.TRY_AGAIN_LATER, "messages come faster than they are read");
        }
    }
}
