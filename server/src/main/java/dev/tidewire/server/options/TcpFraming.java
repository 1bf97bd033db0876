package dev.tidewire.server.options;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.ToIntFunction;

/**
 * How the bytes of a plain TCP connection are cut into packages, each of which is one RECEIVE. The packages are given whole, as
 * they were sent: with the header, or with the delimiter. One longer than {@code maxMessageBytes} closes its connection.
 */
public sealed interface TcpFraming {
    /** Not at all: RECEIVE gets what one read brought. */
    TcpFraming NONE = new None();

    /** Packages that begin with their length, which does not count itself; see {@link #lengthField(LengthType, int, int)}. */
    static TcpFraming lengthField(LengthType type) {
        return lengthField(type, 0, type.bytes());
    }

    /**
     * Packages that say their length in a header. As in Swoole, a package is {@code bodyOffset} and that length together, so 0
     * is for lengths that count everything, header and all, and the length of the header for those that count what follows.
     *
     * @param lengthOffset bytes before the length (Swoole's {@code package_length_offset})
     * @param bodyOffset what the length does not count ({@code package_body_offset})
     * @throws IllegalArgumentException for an offset that is negative or over 65,535
     */
    static TcpFraming lengthField(LengthType type, int lengthOffset, int bodyOffset) {
        return new LengthField(type, lengthOffset, bodyOffset);
    }

    /**
     * Packages that end with {@code delimiter} in UTF-8, such as {@code "\r\n"}.
     *
     * @throws IllegalArgumentException for an empty one, or one over 64 bytes
     */
    static TcpFraming delimiter(String delimiter) {
        return delimiter(delimiter.getBytes(StandardCharsets.UTF_8));
    }

    /** {@link #delimiter(String)} of bytes, which are copied. */
    static TcpFraming delimiter(byte[] delimiter) {
        return new Delimiter(delimiter);
    }

    /**
     * Packages whose length {@code function} says. It is given all that is there of one, at least a byte, and returns the length
     * of the whole package, 0 when it cannot tell yet, or a negative number for what cannot be one: the connection is then closed.
     *
     * <p>It runs on the event loop, for each read until a package is whole, and so must be quick.
     */
    static TcpFraming by(ToIntFunction<ByteBuffer> function) {
        return new ByFunction(function);
    }

    /** The type of {@link #NONE}. */
    record None() implements TcpFraming {}

    /**
     * The type of {@link #lengthField(LengthType, int, int)}.
     *
     * @param type         how the length is written
     * @param lengthOffset where it begins
     * @param bodyOffset   what it does not count
     */
    record LengthField(LengthType type, int lengthOffset, int bodyOffset) implements TcpFraming {
        private static final int MAX_OFFSET = 65_535;

        /** Checks the offsets. */
        public LengthField {
            Objects.requireNonNull(type, "type");
            requireOffset("lengthOffset", lengthOffset);
            requireOffset("bodyOffset", bodyOffset);
        }

        /** The bytes from which the length can be read. */
        public int headerBytes() {
            return lengthOffset + type.bytes();
        }

        private static void requireOffset(String name, int offset) {
            if (offset >= 0 && offset <= MAX_OFFSET) return;
            throw new IllegalArgumentException(name + " must be between 0 and " + MAX_OFFSET + ", was " + offset);
        }
    }

    /** The type of {@link #delimiter(byte[])}. */
    final class Delimiter implements TcpFraming {
        private static final int MAX_BYTES = 64;

        private final byte[] bytes;

        private Delimiter(byte[] bytes) {
            if (bytes.length < 1 || bytes.length > MAX_BYTES) {
                throw new IllegalArgumentException("a delimiter has 1 to " + MAX_BYTES + " bytes, was " + bytes.length);
            }
            this.bytes = bytes.clone();
        }

        /** How many bytes it has. */
        public int length() {
            return bytes.length;
        }

        /** Where in {@code text} the first one at or behind {@code from} begins that ends at or before {@code to}; -1 without any. */
        public int find(byte[] text, int from, int to) {
            for (int at = from; at <= to - bytes.length; at++) {
                if (Arrays.equals(text, at, at + bytes.length, bytes, 0, bytes.length)) return at;
            }
            return -1;
        }
    }

    /**
     * The type of {@link #by}.
     *
     * @param function says how long a package is
     */
    record ByFunction(ToIntFunction<ByteBuffer> function) implements TcpFraming {
        /** Checks that there is one. */
        public ByFunction {
            Objects.requireNonNull(function, "function");
        }
    }
}
