package dev.tidewire.server;

/** Handles WebSocket messages. */
@FunctionalInterface
public interface MessageHandler {
    /**
     * Called for each whole message.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the connection is closed
     */
    void handle(WebSocketServer server, Frame frame) throws Exception;
}
