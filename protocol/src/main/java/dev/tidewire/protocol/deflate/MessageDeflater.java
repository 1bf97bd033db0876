package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;

/** What compresses messages as RFC 7692 §7.2.1 wants it. Not thread-safe. */
final class MessageDeflater implements Context {
    /** zlib wants more than 6 bytes, or it may end a flush that just fits twice. */
    static final int LEAST_ROOM_BYTES = 64;

    /** How much of an array is copied to native memory at a time. */
    private static final int BLOCK_BYTES = 16 * 1024;

    /** The last block of a flush, but for its first bits; a receiver adds it by itself. */
    private static final int TAIL = 0x0000_FFFF;

    private static final int TAIL_BYTES = 4;

    /** The first bits of an empty block without compression: together with the tail, a message of nothing. */
    private static final int EMPTY_BLOCK = 0x00;

    private final DeflateStream stream;
    private final AtomicInteger live;
    private boolean closed;

    /** @param live counts this one until it is closed */
    MessageDeflater(DeflateStream stream, AtomicInteger live) {
        this.stream = stream;
        this.live = live;
        live.incrementAndGet();
    }

    /** Takes all of {@code payload} and appends what goes into the frame. */
    void deflate(ByteBuf payload, boolean fin, ByteBuf out) {
        if (closed) {
            throw new IllegalStateException("deflater is closed");
        }
        if (payload.isReadable()) {
            compress(payload, out);
            cutTail(fin, out);
        } else if (fin) {
            out.writeByte(EMPTY_BLOCK);
        }
    }

    @Override
    public void reset() {
        stream.reset();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stream.close();
            live.decrementAndGet();
        }
    }

    private void compress(ByteBuf payload, ByteBuf out) {
        if (NativeMemory.holds(out)) {
            compressInto(payload, out);
            return;
        }
        ByteBuf aside = out.alloc().directBuffer();
        try {
            compressInto(payload, aside);
            out.writeBytes(aside);
        } finally {
            aside.release();
        }
    }

    private void compressInto(ByteBuf payload, ByteBuf out) {
        if (NativeMemory.holds(payload)) {
            stream.deflate(payload, true, out);
            return;
        }
        ByteBuf block = out.alloc().directBuffer(Math.min(payload.readableBytes(), BLOCK_BYTES));
        try {
            while (payload.isReadable()) {
                block.clear().writeBytes(payload, Math.min(payload.readableBytes(), BLOCK_BYTES));
                stream.deflate(block, !payload.isReadable(), out);
            }
        } finally {
            block.release();
        }
    }

    private static void cutTail(boolean fin, ByteBuf out) {
        int tailIndex = out.writerIndex() - TAIL_BYTES;
        assert out.getInt(tailIndex) == TAIL : "a flush ends with 00 00 ff ff";
        if (fin) {
            out.writerIndex(tailIndex);
        }
    }
}
