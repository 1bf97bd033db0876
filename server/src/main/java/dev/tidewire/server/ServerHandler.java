package dev.tidewire.server;

/** Handles the start or the end of a server. */
@FunctionalInterface
public interface ServerHandler<S extends Server> {
    /**
     * Called on the thread that starts or ends the server.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}
     */
    void handle(S server) throws Exception;
}
