package dev.tidewire.protocol;

import static dev.tidewire.protocol.CloseCode.PROTOCOL_ERROR;

import io.netty.buffer.ByteBuf;

/**
 * The bytes before a frame's payload, as values (RFC 6455 §5.2).
 *
 * <pre>
 *   byte 0              byte 1             then             then
 *  +-+-+-+-+-------+  +-+-------------+  +-------------+  +----------------+
 *  |F|R|R|R|opcode |  |M| length      |  | 0, 2 or 8   |  | 0 or 4 bytes   |
 *  |I|S|S|S|4 bits |  |A| 7 bits      |  | bytes of    |  | of mask key    |
 *  |N|V|V|V|       |  |S|             |  | real length |  |                |
 *  | |1|2|3|       |  |K|             |  | (126, 127)  |  |                |
 *  +-+-+-+-+-------+  +-+-------------+  +-------------+  +----------------+
 * </pre>
 *
 * @param maskKey the key in wire order, or 0 when {@code masked} is false
 * @param payloadLength bytes, 0 to 2^63 - 1
 */
record FrameHeader(boolean fin, boolean rsv1, Opcode opcode, boolean masked, int maskKey, long payloadLength) {
    /** From {@link #sizeOf}: more than any header, so it never looks complete. */
    static final int UNKNOWN = Integer.MAX_VALUE;

    /** The longest header: eight bytes of length and a mask key. */
    static final int MAX_BYTES = 14;

    /** A length in the second byte's seven bits that says: the real one follows in two bytes. */
    static final int TWO_BYTE_LENGTH = 126;
    /** Likewise, in eight bytes. */
    static final int EIGHT_BYTE_LENGTH = 127;

    static final int FIN_BIT = 0x80;
    static final int RSV1_BIT = 0x40;
    static final int MASKED_BIT = 0x80;

    private static final int RSV2_RSV3_BITS = 0x30;
    private static final int OPCODE_BITS = 0x0F;
    private static final int LENGTH_BITS = 0x7F;
    private static final String RULE = "RFC 6455 §5.2";

    /** How many bytes the header at the front of {@code in} takes, or {@link #UNKNOWN} while its second byte is missing. */
    static int sizeOf(ByteBuf in) {
        if (in.readableBytes() < 2) {
            return UNKNOWN;
        }
        int b1 = in.getUnsignedByte(in.readerIndex() + 1);
        int extended = switch (b1 & LENGTH_BITS) {
            case TWO_BYTE_LENGTH -> 2;
            case EIGHT_BYTE_LENGTH -> 8;
            default -> 0;
        };
        return 2 + extended + ((b1 & MASKED_BIT) != 0 ? 4 : 0);
    }

    /**
     * Takes one header off {@code in}, which must hold {@link #sizeOf} bytes.
     *
     * @throws ProtocolViolation for a header that no extension we negotiate could make legal
     */
    static FrameHeader read(ByteBuf in) {
        int b0 = in.readUnsignedByte();
        int b1 = in.readUnsignedByte();
        if ((b0 & RSV2_RSV3_BITS) != 0) {
            throw violation("reserved bit 2 or 3 is set");
        }
        Opcode opcode = Opcode.find(b0 & OPCODE_BITS);
        if (opcode == null) {
            throw violation("opcode " + (b0 & OPCODE_BITS) + " is reserved");
        }
        long payloadLength = readLength(b1 & LENGTH_BITS, in);
        boolean masked = (b1 & MASKED_BIT) != 0;
        int maskKey = masked ? in.readInt() : 0;
        return new FrameHeader((b0 & FIN_BIT) != 0, (b0 & RSV1_BIT) != 0, opcode, masked, maskKey, payloadLength);
    }

    private static long readLength(int lengthBits, ByteBuf in) {
        if (lengthBits < TWO_BYTE_LENGTH) {
            return lengthBits;
        }
        long length = lengthBits == TWO_BYTE_LENGTH ? in.readUnsignedShort() : in.readLong();
        if (length < 0) {
            throw violation("payload length has its top bit set");
        }
        if (length < TWO_BYTE_LENGTH || (lengthBits == EIGHT_BYTE_LENGTH && length <= 0xFFFF)) {
            throw violation("payload length is not in the fewest bytes");
        }
        return length;
    }

    private static ProtocolViolation violation(String detail) {
        return new ProtocolViolation(PROTOCOL_ERROR, RULE, detail);
    }
}
