package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;

/** Which buffers a C function can work on. */
final class NativeMemory {
    private NativeMemory() {}

    /** True when {@code buffer} is one piece outside Java's heap. */
    static boolean holds(ByteBuf buffer) {
        return buffer.isDirect() && buffer.isContiguous() && buffer.nioBufferCount() == 1;
    }
}
