package dev.tidewire.server.internal.engine;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The end of a connection whose last bytes are flushed: reads and throws away until the peer ends its half, or time is up.
 *
 * <p>Threads: the connection's loop.
 */
final class Linger extends ChannelInboundHandlerAdapter {
    private final Future<?> deadline;

    private Linger(Future<?> deadline) {
        this.deadline = deadline;
    }

    /** Ends our half of the stream and lingers; at once closed when the peer's half has ended already. */
    static void begin(Channel channel, Duration atMost) {
        if (!(channel instanceof DuplexChannel duplex) || duplex.isInputShutdown() || !channel.isActive()) {
            channel.close();
            return;
        }
        Future<?> deadline =
                channel.eventLoop().schedule(() -> channel.close(), atMost.toMillis(), TimeUnit.MILLISECONDS);
        channel.pipeline().addFirst(new Linger(deadline));
        duplex.shutdownOutput().addListener(ended -> {
            if (!ended.isSuccess()) channel.close();
        });
        channel.config().setAutoRead(true);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        deadline.cancel(false);
        ctx.fireChannelInactive();
    }
}
