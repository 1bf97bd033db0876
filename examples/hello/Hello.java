import static dev.tidewire.server.WebSocketServer.*;

import dev.tidewire.server.WebSocketServer;

void main() {
    var server = new WebSocketServer("127.0.0.1", 9502);
    server.on(OPEN, (ws, request) -> IO.println("connection open: " + request.fd()));
    server.on(MESSAGE, (ws, frame) -> {
        IO.println("message: " + frame.text());
        ws.push(frame.fd(), "[\"hello\",\"world\"]");
    });
    server.on(CLOSE, (ws, close) -> IO.println("connection close: " + close.fd()));
    server.start();
}
