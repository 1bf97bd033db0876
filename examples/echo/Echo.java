import static dev.tidewire.server.WebSocketServer.MESSAGE;

import dev.tidewire.server.WebSocketServer;

/** Sends every message back as it came. The port may be given as an argument. */
void main(String... arguments) {
    int port = arguments.length == 0 ? 9502 : Integer.parseInt(arguments[0]);
    var server = new WebSocketServer("127.0.0.1", port);
    server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame));
    server.start();
    IO.println("echo on ws://127.0.0.1:" + server.port() + "/");
}
