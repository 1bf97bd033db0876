package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;

/**
 * Memory for what is to be sent: about as large as what is in it, however long it waits and in whatever order it goes.
 *
 * <p>Netty's adaptive allocator is the fastest for short buffers, which are copied together or gone soon. But it rounds up by half, and
 * memory between two buffers that are still in use stays unused; what many slow peers leave behind would come to several times
 * the budget. So long ones come from the pooled allocator (ADR-0012).
 */
public final class SendBuffers {
    /** Up to this a buffer is short: a page, and what {@link SendBudget} does not count. */
    public static final int SHORT_BYTES = SendBudget.UNIT_BYTES;

    private SendBuffers() {}

    /** A buffer with room for so many bytes. Threads: any. */
    public static ByteBuf allocate(int bytes) {
        ByteBufAllocator allocator = bytes <= SHORT_BYTES ? ByteBufAllocator.DEFAULT : PooledByteBufAllocator.DEFAULT;
        return allocator.directBuffer(bytes);
    }
}
