package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The compressing half of one connection (RFC 7692 §7.2.1).
 *
 * <p>Without context takeover it holds memory from the first frame of a message to the last, with it from the first message
 * on; {@link #restart} frees it in either case.
 *
 * <p>Threads: one at a time; with context takeover messages must be sent in the order in which they were compressed.
 */
public final class Deflation implements AutoCloseable {
    private final Pool<MessageDeflater> pool;
    private final boolean contextTakeover;
    private @Nullable MessageDeflater held;
    private boolean closed;

    Deflation(Pool<MessageDeflater> pool, boolean contextTakeover) {
        this.pool = pool;
        this.contextTakeover = contextTakeover;
    }

    /**
     * Appends the compressed payload of one frame. The first frame of a message must be sent with its first reserved bit set,
     * and all frames of that message must come through here.
     *
     * @param payload all readable bytes are taken; the buffer remains the caller's to release
     * @param fin true for the last frame of a message
     * @param out best one that is not on the heap
     */
    public void deflate(ByteBuf payload, boolean fin, ByteBuf out) {
        MessageDeflater deflater = hold();
        boolean sound = false;
        try {
            deflater.deflate(payload, fin, out);
            sound = true;
        } finally {
            if (!sound || (fin && !contextTakeover)) {
                restart();
            }
        }
    }

    /**
     * Goes on without what was compressed before: what comes next does not refer to it, whatever the receiver remembers.
     *
     * <p>It frees the context of a connection that is idle. And it must be called when the receiver's memory is no longer the
     * same as this one: after a message that was compressed here but not sent, and after one that was compressed elsewhere.
     */
    public void restart() {
        if (held != null) {
            MessageDeflater unneeded = held;
            held = null;
            pool.giveBack(unneeded);
        }
    }

    /** Gives up everything, also in the middle of a message; may be called again. */
    @Override
    public void close() {
        closed = true;
        restart();
    }

    private MessageDeflater hold() {
        if (closed) {
            throw new IllegalStateException("deflation is closed");
        }
        if (held == null) {
            held = pool.borrow();
        }
        return held;
    }
}
