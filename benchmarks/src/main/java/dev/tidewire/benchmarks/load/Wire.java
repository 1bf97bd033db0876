package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;

/** The few rules of RFC 6455 §5.2 that a client needs which knows what it sends. */
final class Wire {
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    static final int FIN = 0x80;
    static final int RSV1 = 0x40;
    static final int MASKED = 0x80;

    private static final int LENGTH_OF_16_BITS = 126;
    private static final int LENGTH_OF_64_BITS = 127;

    private Wire() {}

    /** Writes a masked frame; {@code first} is its first byte. */
    static void writeMasked(ByteBuf out, int first, byte[] payload, int maskKey) {
        out.writeByte(first);
        writeLength(out, MASKED, payload.length);
        out.writeInt(maskKey);
        for (int i = 0; i < payload.length; i++) {
            out.writeByte(payload[i] ^ maskKey >>> (24 - 8 * (i & 3)));
        }
    }

    /** Writes a frame as servers do. */
    static void writePlain(ByteBuf out, int first, byte[] payload) {
        out.writeByte(first);
        writeLength(out, 0, payload.length);
        out.writeBytes(payload);
    }

    private static void writeLength(ByteBuf out, int mask, int length) {
        if (length < LENGTH_OF_16_BITS) {
            out.writeByte(mask | length);
        } else if (length <= 0xFFFF) {
            out.writeByte(mask | LENGTH_OF_16_BITS).writeShort(length);
        } else {
            out.writeByte(mask | LENGTH_OF_64_BITS).writeLong(length);
        }
    }

    /** Bytes of the header of a server's frame, told from its second byte. */
    static int headerBytes(int second) {
        return switch (second & 0x7F) {
            case LENGTH_OF_16_BITS -> 4;
            case LENGTH_OF_64_BITS -> 10;
            default -> 2;
        };
    }
}
