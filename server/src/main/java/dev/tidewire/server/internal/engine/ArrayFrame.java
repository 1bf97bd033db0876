package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * A frame whose payload is still in its array, which nobody changes any more: {@link Outbound} gives that to the socket as it is, or
 * copies it when the socket does not take it.
 */
public final class ArrayFrame extends CompositeByteBuf {
    private final byte[] payload;

    /** @param header which this takes */
    public ArrayFrame(ByteBuf header, byte[] payload) {
        super(UnpooledByteBufAllocator.DEFAULT, false, 2, header, Unpooled.wrappedBuffer(payload));
        this.payload = payload;
    }

    ByteBuf header() {
        return component(0);
    }

    byte[] payload() {
        return payload;
    }
}
