package dev.tidewire.server.connection;

/** What became of data handed over for sending. */
public enum SendResult {
    /** Taken, and little or nothing waits before it: it leaves with the connection's next write. */
    SENT,
    /** Taken, but behind bytes that the peer has not made room for: a good moment to send less, until DRAIN. */
    QUEUED,
    /** Refused unsent: it would have taken the connection's queue over {@code maxQueuedBytes}, or the server's over its total. */
    DROPPED,
    /** Refused unsent: there is no such open connection, or its closing has begun, now perhaps because the peer is too slow. */
    CLOSED
}
