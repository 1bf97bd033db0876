package dev.tidewire.protocol;

/**
 * Why a connection ends, as the number in a close frame (RFC 6455 §7.4).
 *
 * <p>Numbers and not an enum, because 3000 to 4999 belong to libraries and applications. Three of the constants describe
 * an end for which there was no close frame; they are reported, never sent: {@link #isSendable} knows which.
 *
 * @see <a href="https://www.iana.org/assignments/websocket/websocket.xhtml">the registry of close codes</a>
 */
public final class CloseCode {
    /** The purpose of the connection is fulfilled. */
    public static final int NORMAL = 1000;
    /** The server is going down, or the browser has left the page. */
    public static final int GOING_AWAY = 1001;
    /** The peer broke a rule of the protocol. */
    public static final int PROTOCOL_ERROR = 1002;
    /** A kind of message the receiver does not take, such as binary where it expects text. */
    public static final int UNSUPPORTED_DATA = 1003;
    /** Never sent: the close frame that arrived had no code in it. */
    public static final int NO_STATUS = 1005;
    /** Never sent: the connection was lost without a close frame. */
    public static final int ABNORMAL = 1006;
    /** The bytes do not fit the kind of message, such as text that is not UTF-8. */
    public static final int INVALID_PAYLOAD = 1007;
    /** The message breaks the receiver's policy, and no other code fits or should tell more. */
    public static final int POLICY_VIOLATION = 1008;
    /** The message is longer than the receiver takes. */
    public static final int MESSAGE_TOO_BIG = 1009;
    /** The client needs an extension that the server did not agree to; sent by clients only. */
    public static final int MANDATORY_EXTENSION = 1010;
    /** The server met something unexpected and cannot go on. */
    public static final int INTERNAL_ERROR = 1011;
    /** The server restarts; a client may come back after a random delay. */
    public static final int SERVICE_RESTART = 1012;
    /** The server is overloaded; a client should come back later or elsewhere. */
    public static final int TRY_AGAIN_LATER = 1013;
    /** A gateway got an invalid answer from the server behind it. */
    public static final int BAD_GATEWAY = 1014;
    /** Never sent: the TLS handshake failed. */
    public static final int TLS_HANDSHAKE = 1015;

    /** The codes that a close frame may carry, from first to last; every other one is reserved or undefined. */
    private static final int[][] SENDABLE = {
        {NORMAL, UNSUPPORTED_DATA}, // 1004 has no meaning yet
        {INVALID_PAYLOAD, BAD_GATEWAY}, // 1016 to 2999 are for the protocol's own future
        {3000, 3999}, // registered by libraries and frameworks
        {4000, 4999}, // private use
    };

    private CloseCode() {}

    /** True when a close frame may carry {@code code}, in either direction (RFC 6455 §7.4.2). */
    public static boolean isSendable(int code) {
        for (int[] range : SENDABLE) {
            if (range[0] <= code && code <= range[1]) {
                return true;
            }
        }
        return false;
    }
}
