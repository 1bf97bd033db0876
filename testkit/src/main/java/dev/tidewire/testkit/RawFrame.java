package dev.tidewire.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HexFormat;

/**
 * A WebSocket frame as a {@link RawClient} read it, whether or not it was legal.
 *
 * @param fin     true for the last or only frame of a message
 * @param rsv     the three reserved bits as a number: 4 is RSV1, 2 RSV2 and 1 RSV3
 * @param opcode  0 to 15
 * @param payload the array itself, not a copy
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its parts, never as a whole
public record RawFrame(boolean fin, int rsv, int opcode, byte[] payload) {
    /** The payload read as UTF-8. */
    public String text() {
        return new String(payload, UTF_8);
    }

    /** The code of a close frame; 1005 when it has none (RFC 6455 §7.1.5). */
    public int closeCode() {
        return payload.length < 2 ? 1005 : ((payload[0] & 0xFF) << 8) | (payload[1] & 0xFF);
    }

    /** The reason of a close frame; empty when it has none. */
    public String closeReason() {
        return payload.length < 2 ? "" : new String(payload, 2, payload.length - 2, UTF_8);
    }

    /** The header's fields and the first bytes of the payload in hex. */
    @Override
    public String toString() {
        int shown = Math.min(payload.length, 32);
        return "RawFrame[fin=" + fin + ", rsv=" + rsv + ", opcode=" + opcode + ", bytes=" + payload.length + ": "
                + HexFormat.ofDelimiter(" ").formatHex(payload, 0, shown) + (shown < payload.length ? " ...]" : "]");
    }
}
