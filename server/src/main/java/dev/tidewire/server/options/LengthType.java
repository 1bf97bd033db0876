package dev.tidewire.server.options;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How the length of a package is written: the codes of PHP's {@code pack} that Swoole's {@code package_length_type} takes. */
public enum LengthType {
    /** {@code c}: one byte, signed. */
    INT8('c', 1, ByteOrder.BIG_ENDIAN),
    /** {@code C}: one byte. */
    UINT8('C', 1, ByteOrder.BIG_ENDIAN),
    /** {@code s}: two bytes, signed, in the machine's order. */
    INT16_NATIVE('s', 2, ByteOrder.nativeOrder()),
    /** {@code S}: two bytes in the machine's order. */
    UINT16_NATIVE('S', 2, ByteOrder.nativeOrder()),
    /** {@code n}: two bytes, the high one first. */
    UINT16('n', 2, ByteOrder.BIG_ENDIAN),
    /** {@code v}: two bytes, the low one first. */
    UINT16_LITTLE_ENDIAN('v', 2, ByteOrder.LITTLE_ENDIAN),
    /** {@code l}: four bytes, signed, in the machine's order. */
    INT32_NATIVE('l', 4, ByteOrder.nativeOrder()),
    /** {@code L}: four bytes in the machine's order. */
    UINT32_NATIVE('L', 4, ByteOrder.nativeOrder()),
    /** {@code N}: four bytes, the highest first. */
    UINT32('N', 4, ByteOrder.BIG_ENDIAN),
    /** {@code V}: four bytes, the lowest first. */
    UINT32_LITTLE_ENDIAN('V', 4, ByteOrder.LITTLE_ENDIAN),
    /** {@code q}: eight bytes, signed, in the machine's order. */
    INT64_NATIVE('q', 8, ByteOrder.nativeOrder()),
    /** {@code Q}: eight bytes in the machine's order. */
    UINT64_NATIVE('Q', 8, ByteOrder.nativeOrder()),
    /** {@code J}: eight bytes, the highest first. */
    UINT64('J', 8, ByteOrder.BIG_ENDIAN);

    private final char code;
    private final int bytes;
    private final ByteOrder order;

    LengthType(char code, int bytes, ByteOrder order) {
        this.code = code;
        this.bytes = bytes;
        this.order = order;
    }

    /**
     * The type with this code.
     *
     * @throws IllegalArgumentException for any other character
     */
    public static LengthType of(char code) {
        for (LengthType type : values()) {
            if (type.code == code) return type;
        }
        throw new IllegalArgumentException("a length type is one of c C s S n v l L N V q Q J, was '" + code + "'");
    }

    /** Its code in {@code pack}. */
    public char code() {
        return code;
    }

    /** How many bytes it takes. */
    public int bytes() {
        return bytes;
    }

    /**
     * Reads a length.
     *
     * @return negative for a negative one, and for one over 2⁶³ - 1, which nothing can hold
     */
    public long read(byte[] from, int at) {
        ByteBuffer field = ByteBuffer.wrap(from, at, bytes).order(order);
        return switch (this) {
            case INT8 -> field.get();
            case UINT8 -> Byte.toUnsignedLong(field.get());
            case INT16_NATIVE -> field.getShort();
            case UINT16_NATIVE, UINT16, UINT16_LITTLE_ENDIAN -> Short.toUnsignedLong(field.getShort());
            case INT32_NATIVE -> field.getInt();
            case UINT32_NATIVE, UINT32, UINT32_LITTLE_ENDIAN -> Integer.toUnsignedLong(field.getInt());
            case INT64_NATIVE, UINT64_NATIVE, UINT64 -> field.getLong();
        };
    }
}
