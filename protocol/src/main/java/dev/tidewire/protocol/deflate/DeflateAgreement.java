package dev.tidewire.protocol.deflate;

/**
 * How two endpoints compress what they send each other on one connection (RFC 7692 §7.1).
 *
 * @param serverNoContextTakeover true when the server compresses each message by itself, so a client may forget each one
 * @param clientNoContextTakeover true when the client does so
 * @param serverMaxWindowBits how far back the server may refer, 8 for 256 bytes to 15 for 32 KiB
 * @param clientMaxWindowBits how far back the client may refer
 * @param header value of the {@code Sec-WebSocket-Extensions} header that tells the client
 */
public record DeflateAgreement(
        boolean serverNoContextTakeover,
        boolean clientNoContextTakeover,
        int serverMaxWindowBits,
        int clientMaxWindowBits,
        String header) {
    /** The smallest window that may be agreed on (RFC 7692 §7.1.2). */
    public static final int MIN_WINDOW_BITS = 8;

    /** The window of DEFLATE itself, and the one to expect when nothing is said. */
    public static final int MAX_WINDOW_BITS = 15;

    /** Checks the ranges. */
    public DeflateAgreement {
        requireWindowBits("serverMaxWindowBits", serverMaxWindowBits);
        requireWindowBits("clientMaxWindowBits", clientMaxWindowBits);
    }

    static void requireWindowBits(String name, int bits) {
        if (bits < MIN_WINDOW_BITS || bits > MAX_WINDOW_BITS) {
            throw new IllegalArgumentException(name + " must be 8 to 15, was " + bits);
        }
    }
}
