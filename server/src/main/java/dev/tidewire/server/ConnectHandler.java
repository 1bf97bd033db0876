package dev.tidewire.server;

/** Handles a connection that was accepted, or one that is gone without ever having been a WebSocket. */
@FunctionalInterface
public interface ConnectHandler<S extends Server> {
    /**
     * Called once for the connection.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the connection is closed
     */
    void handle(S server, long fd) throws Exception;
}
