package dev.tidewire.server;

/** Handles bytes of a plain TCP connection. */
@FunctionalInterface
public interface ReceiveHandler<S extends Server> {
    /**
     * Called with what one read brought or, with a {@code framing}, with each whole package; {@code data} is the handler's to keep.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the connection is closed
     */
    void handle(S server, long fd, byte[] data) throws Exception;
}
