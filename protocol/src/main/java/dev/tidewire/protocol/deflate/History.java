package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.zip.Inflater;

/** The last bytes that were inflated, as far back as DEFLATE can refer (RFC 1951 §2). */
final class History {
    private static final int MAX_BYTES = 32 * 1024;
    private static final byte[] EMPTY = {};

    private byte[] bytes = EMPTY;
    private int length;

    /** Adds {@code count} bytes of {@code from}, which stay there. */
    void append(ByteBuf from, int index, int count) {
        if (count == 0) {
            return;
        }
        int added = Math.min(count, MAX_BYTES);
        int kept = Math.min(length, MAX_BYTES - added);
        if (kept + added > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.min(Math.max(kept + added, 2 * bytes.length), MAX_BYTES));
        }
        System.arraycopy(bytes, length - kept, bytes, 0, kept);
        from.getBytes(index + count - added, bytes, kept, added);
        length = kept + added;
    }

    /** Lets {@code inflater}, which has no window yet, refer to these bytes. */
    void giveTo(Inflater inflater) {
        inflater.setDictionary(bytes, 0, length);
    }

    void clear() {
        length = 0;
    }
}
