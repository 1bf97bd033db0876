package dev.tidewire.protocol;

import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The XOR that clients apply to every payload (RFC 6455 §5.3), eight bytes at a time; masking and unmasking are the same.
 *
 * <p>Keys are in wire order: the byte that meets the payload's first byte is the most significant. Every method takes the
 * position within the payload at which it starts, so that a payload can be treated in any number of pieces.
 */
final class Masking {
    /** Native order, because reversing the key once is cheaper than reversing the data twice. */
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private static final VarHandle BIG_ENDIAN_LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** How much is copied before it is unmasked: little enough to be still in the first-level cache by then. */
    private static final int BLOCK_BYTES = 8 * 1024;

    private static final int SHORT_RUN_BYTES = 128;
    private static final int LONG_RUN_BYTES = 512;

    private Masking() {}

    /** Masks {@code bytes[from..to)} in place; {@code bytes[from]} is the payload's byte number {@code position}. */
    static void apply(byte[] bytes, int from, int to, int key, int position) {
        if (key == 0) {
            return;
        }
        int turned = turn(key, position);
        long pattern = inNativeOrder(twice(turned));
        int i = to - from >= LONG_RUN_BYTES ? applyLongRun(bytes, from, to, pattern) : from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            LONGS.set(bytes, i, (long) LONGS.get(bytes, i) ^ pattern);
        }
        for (; i < to; i++) {
            bytes[i] ^= keyByte(turned, i - from);
        }
    }

    /**
     * The same loop a second time, for long runs only: the compiler unrolls and vectorises a loop that it has seen run
     * long, and a server's many small frames would teach it otherwise. It takes a quarter of the time for that.
     *
     * @return where the words end and single bytes begin
     */
    private static int applyLongRun(byte[] bytes, int from, int to, long pattern) {
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            LONGS.set(bytes, i, (long) LONGS.get(bytes, i) ^ pattern);
        }
        return i;
    }

    /** Masks {@code count} bytes of {@code buffer} from {@code index} in place; its indices stay as they are. */
    static void apply(ByteBuf buffer, int index, int count, int key, int position) {
        if (key == 0) {
            return;
        }
        if (buffer.hasArray()) {
            int from = buffer.arrayOffset() + index;
            apply(buffer.array(), from, from + count, key, position);
        } else if (buffer.nioBufferCount() == 1) {
            apply(buffer.internalNioBuffer(index, count), key, position);
        } else {
            applyToParts(buffer, index, count, key, position);
        }
    }

    private static void apply(ByteBuffer bytes, int key, int position) {
        int turned = turn(key, position);
        long pattern = twice(turned);
        int from = bytes.position();
        int to = bytes.limit();
        int i = from;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            bytes.putLong(i, bytes.getLong(i) ^ pattern);
        }
        for (; i < to; i++) {
            bytes.put(i, (byte) (bytes.get(i) ^ keyByte(turned, i - from)));
        }
    }

    private static void applyToParts(ByteBuf buffer, int index, int count, int key, int position) {
        int at = index;
        for (ByteBuffer part : buffer.nioBuffers(index, count)) {
            apply(part, key, position + at - index);
            at += part.remaining();
        }
    }

    /** Takes {@code count} bytes off {@code in}, big-endian, masked with {@code key}, into {@code out} from {@code at}. */
    static void read(ByteBuffer in, byte[] out, int at, int count, int key, int position) {
        if (count < SHORT_RUN_BYTES) {
            readShortRun(in, out, at, count, turn(key, position));
        } else {
            readLongRun(in, out, at, count, key, position);
        }
    }

    /** Unmasks on the way: for so few bytes the call that copies takes longer than the copying. */
    private static void readShortRun(ByteBuffer in, byte[] out, int at, int count, int turned) {
        long pattern = twice(turned);
        int from = in.position();
        int i = 0;
        for (; i <= count - Long.BYTES; i += Long.BYTES) {
            BIG_ENDIAN_LONGS.set(out, at + i, in.getLong(from + i) ^ pattern);
        }
        for (; i < count; i++) {
            out[at + i] = (byte) (in.get(from + i) ^ keyByte(turned, i));
        }
        in.position(from + count);
    }

    private static void readLongRun(ByteBuffer in, byte[] out, int at, int count, int key, int position) {
        int done = 0;
        while (done < count) {
            int block = Math.min(count - done, BLOCK_BYTES);
            in.get(out, at + done, block);
            apply(out, at + done, at + done + block, key, position + done);
            done += block;
        }
    }

    /** Appends {@code payload}, masked with {@code key}, to {@code out}; the array is not changed. */
    static void write(ByteBuf out, byte[] payload, int key) {
        int start = out.writerIndex();
        out.writeBytes(payload);
        apply(out, start, payload.length, key, 0);
    }

    /** The key as a payload sees it that starts at {@code position}. */
    private static int turn(int key, int position) {
        return Integer.rotateLeft(key, (position & 3) * Byte.SIZE);
    }

    private static byte keyByte(int key, int position) {
        return (byte) (key >>> (24 - (position & 3) * Byte.SIZE));
    }

    private static long twice(int key) {
        return (key & 0xFFFF_FFFFL) << 32 | (key & 0xFFFF_FFFFL);
    }

    private static long inNativeOrder(long bigEndian) {
        return ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? bigEndian : Long.reverseBytes(bigEndian);
    }
}
