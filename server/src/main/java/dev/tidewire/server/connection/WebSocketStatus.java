package dev.tidewire.server.connection;

/** How far a connection is with WebSocket. */
public enum WebSocketStatus {
    /** It speaks HTTP or plain TCP. */
    NONE,
    /** The handshake is done and neither side is closing. */
    ESTABLISHED,
    /** The closing handshake has begun; nothing more can be pushed. */
    CLOSING,
    /** The connection is gone. */
    CLOSED
}
