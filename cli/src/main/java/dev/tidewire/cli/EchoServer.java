package dev.tidewire.cli;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.Frame;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.ServerOptions;

/**
 * Sends messages back to who sent them, or to everyone in the room.
 *
 * <p>What a peer has no room for is not left out in silence: the server closes its connection with 1013, or we do when it is a message
 * that no queue could hold.
 */
final class EchoServer {
    static final String BROADCAST_PATH = "/broadcast";

    private static final String ROOM = "broadcast";

    private EchoServer() {}

    /** The server, not started. */
    static WebSocketServer of(ServerOptions options) {
        return new WebSocketServer(options)
                .route(
                        BROADCAST_PATH,
                        everyone -> everyone.on(OPEN, (ws, request) -> ws.subscribe(request.fd(), ROOM))
                                .on(MESSAGE, (ws, frame) -> ws.publish(ROOM, frame)))
                .route("/{path...}", sender -> sender.on(MESSAGE, EchoServer::echo));
    }

    private static void echo(WebSocketServer ws, Frame frame) {
        if (ws.push(frame.fd(), frame) == SendResult.DROPPED) {
            ws.disconnect(frame.fd(), CloseCode.TRY_AGAIN_LATER, "messages come faster than they are read");
        }
    }
}
