package dev.tidewire.server.internal.tcp;

import dev.tidewire.server.options.TcpFraming;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts the bytes of one connection into packages, however the network cut them.
 *
 * <p>What it holds is part of one package and never longer than one may be. It grows as bytes come, not as a length promises them.
 *
 * <p>Threads: one at a time.
 */
final class PackageReader {
    private static final int LEAST_HELD_BYTES = 256;
    /** A package whose end is not known yet. */
    private static final int UNKNOWN = 0;

    private static final byte[] NOTHING = {};

    private final TcpFraming framing;
    private final int maxBytes;

    /** The beginning of a package, in the first {@link #heldBytes} of it. */
    private byte[] held = NOTHING;

    private int heldBytes;
    /** Bytes of the package under way in which there is no delimiter. */
    private int searchedBytes;

    private Broken broken = Broken.NOT;

    /** What a peer can do wrong. */
    enum Broken {
        /** Nothing. */
        NOT(""),
        /** A package is over the limit. */
        TOO_LONG("limit.maxMessageBytes"),
        /** There can be no package of that length. */
        MALFORMED("violation.package_length");

        private final String counter;

        Broken(String counter) {
            this.counter = counter;
        }

        String counter() {
            return counter;
        }
    }

    /** @param maxBytes longest package, header or delimiter included */
    PackageReader(TcpFraming framing, int maxBytes) {
        this.framing = framing;
        this.maxBytes = maxBytes;
    }

    /**
     * Takes what one read brought and gives away each package that it completes.
     *
     * @return whether the peer may go on; when not, nothing more is to be read from it
     */
    Broken read(byte[] data, Consumer<byte[]> packages) {
        if (heldBytes == 0) {
            keep(data, cut(data, data.length, packages), data.length);
        } else {
            append(data);
            int from = cut(held, heldBytes, packages);
            if (from > 0 || broken != Broken.NOT) keep(held, from, heldBytes);
        }
        return broken;
    }

    /** Cuts packages off; says where what is left begins. */
    private int cut(byte[] data, int length, Consumer<byte[]> packages) {
        int from = 0;
        while (from < length && broken == Broken.NOT) {
            int bytes = packageBytes(data, from, length);
            if (broken != Broken.NOT || bytes == UNKNOWN || bytes > length - from) break;
            packages.accept(bytes == data.length ? data : Arrays.copyOfRange(data, from, from + bytes));
            searchedBytes = 0;
            from += bytes;
        }
        return from;
    }

    /** The length of the package that begins at {@code from}, at most the limit; or {@link #UNKNOWN}. */
    private int packageBytes(byte[] data, int from, int to) {
        long bytes = switch (framing) {
            case TcpFraming.LengthField field -> byField(field, data, from, to);
            case TcpFraming.Delimiter delimiter -> byDelimiter(delimiter, data, from, to);
            case TcpFraming.ByFunction(var function) ->
                function.applyAsInt(
                        ByteBuffer.wrap(data, from, to - from).slice().asReadOnlyBuffer());
            case TcpFraming.None() -> to - from;
        };
        if (bytes < 0) {
            broken = Broken.MALFORMED;
        } else if (bytes > maxBytes || (bytes == UNKNOWN && to - from >= maxBytes)) {
            broken = Broken.TOO_LONG;
        }
        return broken == Broken.NOT ? (int) bytes : UNKNOWN;
    }

    private static long byField(TcpFraming.LengthField field, byte[] data, int from, int to) {
        if (to - from < field.headerBytes()) return UNKNOWN;
        long length = field.type().read(data, from + field.lengthOffset());
        // Below 0, past what a long holds, or so short that the length itself would be outside: there is no such
        // package.
        boolean sane = length >= 0
                && length <= Long.MAX_VALUE - field.bodyOffset()
                && length + field.bodyOffset() >= field.headerBytes();
        return sane ? length + field.bodyOffset() : -1;
    }

    /** Looks at each byte about once, however many reads a package takes. */
    private long byDelimiter(TcpFraming.Delimiter delimiter, byte[] data, int from, int to) {
        int found = delimiter.find(data, from + searchedBytes, to);
        if (found >= 0) return (long) found - from + delimiter.length();
        searchedBytes = Math.max(0, to - from - delimiter.length() + 1);
        return UNKNOWN;
    }

    /** Keeps a copy of what is left of {@code data} for the next read. */
    private void keep(byte[] data, int from, int to) {
        heldBytes = broken == Broken.NOT ? to - from : 0;
        held = heldBytes == 0 ? NOTHING : Arrays.copyOfRange(data, from, from + Math.max(heldBytes, LEAST_HELD_BYTES));
    }

    private void append(byte[] data) {
        int needed = heldBytes + data.length;
        if (needed > held.length) held = Arrays.copyOf(held, Math.max(needed, held.length + held.length / 2));
        System.arraycopy(data, 0, held, heldBytes, data.length);
        heldBytes = needed;
    }
}
