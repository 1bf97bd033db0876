import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;

import dev.tidewire.server.WebSocketServer;

static final String ROOM = "room";

/**
 * A chat room: join it as {@code ws://127.0.0.1:9502/?name=Ada}, and what anyone says goes to everyone. The port may be given
 * as an argument.
 */
void main(String... arguments) {
    int port = arguments.length == 0 ? 9502 : Integer.parseInt(arguments[0]);
    var server = new WebSocketServer("127.0.0.1", port);
    server.on(OPEN, (ws, request) -> {
        String name = request.queryParameter("name").orElse("guest " + request.fd());
        ws.attributes(request.fd()).put("name", name);
        ws.subscribe(request.fd(), ROOM);
        ws.publish(ROOM, name + " is here");
    });
    server.on(MESSAGE, (ws, frame) -> ws.publish(ROOM, nameOf(ws, frame.fd()) + ": " + frame.text()));
    server.on(CLOSE, (ws, close) -> ws.publish(ROOM, nameOf(ws, close.fd()) + " has left"));
    server.start();
    IO.println("chat on ws://127.0.0.1:" + server.port() + "/?name=...");
}

Object nameOf(WebSocketServer ws, long fd) {
    return ws.attributes(fd).get("name");
}
