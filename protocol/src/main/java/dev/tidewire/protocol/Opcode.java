package dev.tidewire.protocol;

import org.jspecify.annotations.Nullable;

/** What a frame is (RFC 6455 §5.2); 3 to 7 and 11 to 15 are reserved and have no constant. */
public enum Opcode {
    /** The next fragment of the open message. */
    CONTINUATION(0),
    /** The first or only fragment of a UTF-8 message. */
    TEXT(1),
    /** The first or only fragment of a message whose bytes are the application's to interpret. */
    BINARY(2),
    /** The start or the answer of the closing handshake (§5.5.1). */
    CLOSE(8),
    /** A question whether the peer is there (§5.5.2). */
    PING(9),
    /** The answer to a ping, or an unasked sign of life (§5.5.3). */
    PONG(10);

    private static final @Nullable Opcode[] BY_CODE = byCode();

    private final int code;

    Opcode(int code) {
        this.code = code;
    }

    /** The number on the wire. */
    public int code() {
        return code;
    }

    /** True for close, ping and pong: at most 125 bytes, never fragmented, allowed inside a fragmented message. */
    public boolean isControl() {
        return code >= 8;
    }

    /**
     * The opcode with this number.
     *
     * @throws IllegalArgumentException for a reserved number or one outside 0 to 15
     */
    public static Opcode of(int code) {
        Opcode opcode = find(code);
        if (opcode == null) {
            throw new IllegalArgumentException("opcode must be 0, 1, 2, 8, 9 or 10 (RFC 6455 §5.2), was " + code);
        }
        return opcode;
    }

    /** The opcode with this number, or null when the number is reserved. */
    static @Nullable Opcode find(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }

    private static @Nullable Opcode[] byCode() {
        @Nullable Opcode[] table = new @Nullable Opcode[16];
        for (Opcode opcode : values()) {
            table[opcode.code] = opcode;
        }
        return table;
    }
}
