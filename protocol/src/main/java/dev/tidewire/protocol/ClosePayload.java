package dev.tidewire.protocol;

import static dev.tidewire.protocol.CloseCode.INVALID_PAYLOAD;
import static dev.tidewire.protocol.CloseCode.PROTOCOL_ERROR;
import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a close frame says (RFC 6455 §5.5.1): nothing at all, or a code of two bytes and a reason in UTF-8.
 *
 * @param code {@link CloseCode#NO_STATUS} when the frame is empty
 * @param reason for people who read logs; often empty
 */
public record ClosePayload(int code, String reason) {
    /** The longest reason in bytes of UTF-8: what the code leaves of a control frame. */
    public static final int MAX_REASON_BYTES = FrameRules.MAX_CONTROL_BYTES - 2;

    private static final byte[] EMPTY = {};

    /**
     * The payload of a close frame that we begin the closing with.
     *
     * @throws IllegalArgumentException when {@code code} may not be on the wire or {@code reason} is over
     *     {@link #MAX_REASON_BYTES}
     */
    public static byte[] encode(int code, String reason) {
        requireSendable(code);
        byte[] utf8 = reason.getBytes(UTF_8);
        if (utf8.length > MAX_REASON_BYTES) {
            throw new IllegalArgumentException("close reason must be at most " + MAX_REASON_BYTES
                    + " bytes of UTF-8 (RFC 6455 §5.5), was " + utf8.length);
        }
        byte[] payload = new byte[2 + utf8.length];
        payload[0] = (byte) (code >>> 8);
        payload[1] = (byte) code;
        System.arraycopy(utf8, 0, payload, 2, utf8.length);
        return payload;
    }

    /** The payload that answers a close frame: the peer's own code, and nothing when it gave none (RFC 6455 §5.5.1). */
    public static byte[] answer(int code) {
        return code == CloseCode.NO_STATUS ? EMPTY : encode(code, "");
    }

    /**
     * Reads what a peer sent.
     *
     * @throws ProtocolViolation when it is one byte, or has a code that may not be on the wire, or a reason that is not
     *     UTF-8
     */
    public static ClosePayload parse(byte[] payload) {
        if (payload.length == 0) {
            return new ClosePayload(CloseCode.NO_STATUS, "");
        }
        if (payload.length == 1) {
            throw new ProtocolViolation(PROTOCOL_ERROR, "RFC 6455 §5.5.1", "close payload is one byte");
        }
        int code = (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF);
        if (!CloseCode.isSendable(code)) {
            throw new ProtocolViolation(PROTOCOL_ERROR, "RFC 6455 §7.4", "close code " + code + " is not for the wire");
        }
        if (Utf8.validate(Utf8.COMPLETE, payload, 2, payload.length) != Utf8.COMPLETE) {
            throw new ProtocolViolation(INVALID_PAYLOAD, "RFC 6455 §5.5.1", "close reason is not UTF-8");
        }
        return new ClosePayload(code, new String(payload, 2, payload.length - 2, UTF_8));
    }

    private static void requireSendable(int code) {
        if (!CloseCode.isSendable(code)) {
            throw new IllegalArgumentException(
                    "close code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999 (RFC 6455 §7.4), was " + code);
        }
    }
}
