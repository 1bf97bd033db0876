package dev.tidewire.server;

/** Hears of handlers that threw. */
@FunctionalInterface
public interface ErrorHandler<S extends Server> {
    /**
     * Called where the failed handler ran; what this throws is logged and goes no further.
     *
     * @param fd the connection whose event was handled, which is closed after this returns; 0 when it was none
     */
    void handle(S server, long fd, Throwable cause);
}
