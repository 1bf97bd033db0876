package dev.tidewire.server;

import dev.tidewire.server.http.HttpRequest;

/** Handles a WebSocket connection whose handshake is done. */
@FunctionalInterface
public interface OpenHandler {
    /**
     * Called before the first message; {@code request} is the one that asked for the handshake.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the connection is closed
     */
    void handle(WebSocketServer server, HttpRequest request) throws Exception;
}
