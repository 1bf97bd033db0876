package dev.tidewire.server;

import dev.tidewire.server.connection.CloseEvent;

/** Handles the end of a connection. */
@FunctionalInterface
public interface CloseHandler<S extends Server> {
    /**
     * Called last and once for the connection.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the connection is closed
     */
    void handle(S server, CloseEvent close) throws Exception;
}
