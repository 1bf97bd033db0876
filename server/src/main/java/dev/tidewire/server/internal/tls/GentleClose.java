package dev.tidewire.server.internal.tls;

import dev.tidewire.server.internal.engine.Connection;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.time.Duration;

/**
 * Turns the close with which TLS follows its last alert into one that lets the peer read it.
 *
 * <p>Threads: the connection's loop.
 */
final class GentleClose extends ChannelOutboundHandlerAdapter {
    private final Connection connection;
    private final Duration atMost;

    GentleClose(Connection connection, Duration atMost) {
        this.connection = connection;
        this.atMost = atMost;
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        ctx.channel().closeFuture().addListener(closed -> promise.trySuccess());
        // Writes end in order: when this one has, the alert before it is out.
        ChannelFuture flushed = ctx.writeAndFlush(Unpooled.EMPTY_BUFFER);
        // Before what follows, which may be at once and close again.
        ctx.pipeline().remove(this);
        flushed.addListener(done -> connection.closeGently(atMost));
    }
}
