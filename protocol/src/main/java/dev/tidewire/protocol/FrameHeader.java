package dev.tidewire.protocol;

import static dev.tidewire.protocol.CloseCode.PROTOCOL_ERROR;

import java.nio.ByteBuffer;

/**
 * The bytes before a frame's payload (RFC 6455 §5.2), read part by part.
 *
 * <pre>
 *   byte 0              byte 1             then             then
 *  +-+-+-+-+-------+  +-+-------------+  +-------------+  +----------------+
 *  |F|R|R|R|opcode |  |M| length      |  | 0, 2 or 8   |  | 0 or 4 bytes   |
 *  |I|S|S|S|4 bits |  |A| 7 bits      |  | bytes of    |  | of mask key    |
 *  |N|V|V|V|       |  |S|             |  | real length |  |                |
 *  | |1|2|3|       |  |K|             |  | (126, 127)  |  |                |
 *  +-+-+-+-+-------+  +-+-------------+  +-------------+  +----------------+
 *   `------- start, as one number ---'
 * </pre>
 *
 * <p>It is read from big-endian buffers, which is how they are made.
 *
 * <p>A header goes around as its start, a length and a key, not as a record of them: depending on the order in which it
 * compiles things, C2 removes that object or allocates 32 bytes for every frame.
 */
final class FrameHeader {
    /** From {@link #sizeOf}: more than any header, so it never looks complete. */
    static final int UNKNOWN = Integer.MAX_VALUE;

    /** The longest header: eight bytes of length and a mask key. */
    static final int MAX_BYTES = 14;

    /** A length in the second byte's seven bits that says: the real one follows in two bytes. */
    static final int TWO_BYTE_LENGTH = 126;
    /** Likewise, in eight bytes. */
    static final int EIGHT_BYTE_LENGTH = 127;

    static final int FIN_BIT = 0x8000;
    static final int RSV1_BIT = 0x4000;
    static final int MASKED_BIT = 0x80;
    static final int OPCODE_SHIFT = 8;

    private static final int RSV2_RSV3_BITS = 0x3000;
    private static final int OPCODE_BITS = 0x0F;
    private static final int LENGTH_BITS = 0x7F;
    private static final String RULE = "RFC 6455 §5.2";

    private FrameHeader() {}

    /** How many bytes the header at the front of {@code in} takes, or {@link #UNKNOWN} while its start is not all there. */
    static int sizeOf(ByteBuffer in) {
        if (in.remaining() < 2) {
            return UNKNOWN;
        }
        int start = Short.toUnsignedInt(in.getShort(in.position()));
        int extended = switch (start & LENGTH_BITS) {
            case TWO_BYTE_LENGTH -> 2;
            case EIGHT_BYTE_LENGTH -> 8;
            default -> 0;
        };
        return 2 + extended + (masked(start) ? 4 : 0);
    }

    /**
     * Takes the first two bytes off {@code in}.
     *
     * @throws ProtocolViolation when no extension we negotiate could make them legal
     */
    static int readStart(ByteBuffer in) {
        return requireDefined(Short.toUnsignedInt(in.getShort()));
    }

    /**
     * The first two bytes of {@code in}, which has one at least, and stays as it is.
     *
     * @param masked what the second byte says when it has not come
     * @throws ProtocolViolation as {@link #readStart}
     */
    static int peekStart(ByteBuffer in, boolean masked) {
        int at = in.position();
        int first = Byte.toUnsignedInt(in.get(at)) << OPCODE_SHIFT;
        int second = in.remaining() > 1 ? Byte.toUnsignedInt(in.get(at + 1)) : masked ? MASKED_BIT : 0;
        return requireDefined(first | second);
    }

    private static int requireDefined(int start) {
        if ((start & RSV2_RSV3_BITS) != 0) {
            throw violation("reserved bit 2 or 3 is set");
        }
        int code = opcodeCode(start);
        if (Opcode.find(code) == null) {
            throw violation("opcode " + code + " is reserved");
        }
        return start;
    }

    /**
     * Takes the real length off {@code in}, if the one in {@code start} is not real already.
     *
     * @throws ProtocolViolation when it could have been written in fewer bytes or is over 2^63 - 1
     */
    static long readLength(ByteBuffer in, int start) {
        int lengthBits = start & LENGTH_BITS;
        if (lengthBits < TWO_BYTE_LENGTH) {
            return lengthBits;
        }
        long length = lengthBits == TWO_BYTE_LENGTH ? Short.toUnsignedInt(in.getShort()) : in.getLong();
        if (length < 0) {
            throw violation("payload length has its top bit set");
        }
        if (length < TWO_BYTE_LENGTH || (lengthBits == EIGHT_BYTE_LENGTH && length <= 0xFFFF)) {
            throw violation("payload length is not in the fewest bytes");
        }
        return length;
    }

    /** Takes the mask key off {@code in}, in wire order; 0, which masks nothing, when there is none. */
    static int readMaskKey(ByteBuffer in, int start) {
        return masked(start) ? in.getInt() : 0;
    }

    static boolean fin(int start) {
        return (start & FIN_BIT) != 0;
    }

    static boolean rsv1(int start) {
        return (start & RSV1_BIT) != 0;
    }

    static boolean masked(int start) {
        return (start & MASKED_BIT) != 0;
    }

    static Opcode opcode(int start) {
        return Opcode.of(opcodeCode(start));
    }

    private static int opcodeCode(int start) {
        return (start >>> OPCODE_SHIFT) & OPCODE_BITS;
    }

    private static ProtocolViolation violation(String detail) {
        return new ProtocolViolation(PROTOCOL_ERROR, RULE, detail);
    }
}
