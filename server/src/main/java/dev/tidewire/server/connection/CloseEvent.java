package dev.tidewire.server.connection;

/**
 * How a connection ended.
 *
 * @param fd        the connection, whose fd is never used again
 * @param code      the close code of whoever closed first (RFC 6455 §7.4): 1005 when a close frame named none, 1006 when the
 *                  connection was lost without a close frame; on a connection that was never a WebSocket 1000 or 1006 in
 *                  the same sense
 * @param reason    what that close frame said, at most 123 bytes of UTF-8, or an empty text
 * @param initiator who closed first
 * @param clean     true when both sides said so: two close frames, or two ends of a TCP stream, were exchanged, and
 *     ours was taken by the socket
 */
public record CloseEvent(long fd, int code, String reason, Initiator initiator, boolean clean) {
    /** Who closed first. */
    public enum Initiator {
        /** The peer closed, or was lost. */
        CLIENT,
        /** The application closed, or the server did for a broken rule, a limit, a failed handler or its own end. */
        SERVER
    }
}
