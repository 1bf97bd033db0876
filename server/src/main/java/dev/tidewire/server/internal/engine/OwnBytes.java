package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Gives what was read on in a buffer of its own, to readers that may keep a part of it for long and must not keep the buffer it was read
 * into ({@link ReceiveRing}).
 *
 * <p>Threads: any.
 */
@Sharable
public final class OwnBytes extends ChannelInboundHandlerAdapter {
    private static final OwnBytes FOR_ALL = new OwnBytes();

    private OwnBytes() {}

    /** Has the handlers that come next get buffers of their own, where they would share them. */
    public static void addTo(Channel channel) {
        if (ReceiveRing.isUsedBy(channel)) channel.pipeline().addLast(FOR_ALL);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ctx.fireChannelRead(copy(ctx, (ByteBuf) message));
    }

    /** A copy of what was read, which is released. */
    public static ByteBuf copy(ChannelHandlerContext ctx, ByteBuf read) {
        try {
            return ctx.alloc().buffer(read.readableBytes()).writeBytes(read);
        } finally {
            read.release();
        }
    }
}
