package dev.tidewire.protocol;

import io.netty.buffer.ByteBuf;

/**
 * Writes frames in the form of {@link FrameHeader}, always with the shortest length (RFC 6455 §5.2).
 *
 * <p>It checks nothing: callers have made sure that the frame is legal.
 */
public final class FrameWriter {
    private static final int SHORT_LENGTHS = 125;
    private static final int TWO_BYTE_LENGTHS = 0xFFFF;

    private FrameWriter() {}

    /** How many bytes come before a payload of this length. */
    public static int headerBytes(int payloadBytes, boolean masked) {
        int extended = payloadBytes <= SHORT_LENGTHS ? 0 : payloadBytes <= TWO_BYTE_LENGTHS ? 2 : 8;
        return 2 + extended + (masked ? 4 : 0);
    }

    /** Appends the header of an unmasked frame, as servers send them. */
    public static void writeHeader(ByteBuf out, Opcode opcode, boolean fin, boolean rsv1, int payloadBytes) {
        writeStart(out, start(opcode, fin, rsv1), payloadBytes);
    }

    /** Appends a whole frame as servers send them. */
    public static void write(ByteBuf out, Opcode opcode, boolean fin, byte[] payload) {
        writeHeader(out, opcode, fin, false, payload.length);
        out.writeBytes(payload);
    }

    /** Appends the header of a frame whose payload is masked with {@code maskKey}, as clients send them. */
    public static void writeMaskedHeader(
            ByteBuf out, Opcode opcode, boolean fin, boolean rsv1, int payloadBytes, int maskKey) {
        writeStart(out, start(opcode, fin, rsv1) | FrameHeader.MASKED_BIT, payloadBytes);
        out.writeInt(maskKey);
    }

    /** Appends a whole frame as clients send them: header, key and masked payload; the array is not changed. */
    public static void writeMasked(ByteBuf out, Opcode opcode, boolean fin, boolean rsv1, byte[] payload, int maskKey) {
        writeMaskedHeader(out, opcode, fin, rsv1, payload.length, maskKey);
        Masking.write(out, payload, maskKey);
    }

    private static int start(Opcode opcode, boolean fin, boolean rsv1) {
        return (fin ? FrameHeader.FIN_BIT : 0)
                | (rsv1 ? FrameHeader.RSV1_BIT : 0)
                | (opcode.code() << FrameHeader.OPCODE_SHIFT);
    }

    private static void writeStart(ByteBuf out, int start, int payloadBytes) {
        if (payloadBytes <= SHORT_LENGTHS) {
            out.writeShort(start | payloadBytes);
        } else if (payloadBytes <= TWO_BYTE_LENGTHS) {
            out.writeInt((start | FrameHeader.TWO_BYTE_LENGTH) << Short.SIZE | payloadBytes);
        } else {
            out.writeShort(start | FrameHeader.EIGHT_BYTE_LENGTH);
            out.writeLong(payloadBytes);
        }
    }
}
