package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;

/** Arrays for buffers, and buffers for arrays. */
final class Buffers {
    private Buffers() {}

    static byte[] takeAll(ByteBuf buffer) {
        byte[] bytes = ByteBufUtil.getBytes(buffer);
        buffer.clear();
        return bytes;
    }

    static ByteBuf wrap(byte[] bytes) {
        return Unpooled.wrappedBuffer(bytes);
    }
}
