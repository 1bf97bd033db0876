package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.CloseEvent;

/**
 * What is to be told of a connection that is gone.
 *
 * @param event    how it ended
 * @param protocol what was spoken last: {@code proxy}, {@code tls}, {@code tcp}, {@code http} or {@code websocket}; {@code -} for
 *     nothing
 * @param route    the template of the WebSocket's path, else {@code -}; never a path that a peer asked for
 * @param status   of the last HTTP response, 0 when there was none
 */
public record Ended(CloseEvent event, String protocol, String route, int status) {
    /** An end without a route or an HTTP status. */
    public static Ended of(CloseEvent event, String protocol) {
        return new Ended(event, protocol, "-", 0);
    }
}
