package dev.tidewire.server;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.Upgrade;

/** Decides about WebSocket handshakes. */
@FunctionalInterface
public interface HandshakeHandler {
    /**
     * Called for each handshake that is in order. The decision may also be made later and from another thread.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the handshake is answered 500
     */
    void handle(HttpRequest request, Upgrade upgrade) throws Exception;
}
