package dev.tidewire.server.internal.engine;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The end of a connection whose last bytes are flushed: reads and throws away until the peer ends its half, or time is up.
 *
 * <p>It stands next to the socket, before TLS, which has said its close_notify when our half ended: what comes in is not even
 * decrypted, and when the rest of a read no longer makes sense to TLS, which then closes, the peer can still read our last
 * words.
 *
 * <p>Threads: the connection's loop.
 */
final class Linger extends ChannelDuplexHandler {
    private final Duration atMost;
    private @Nullable Future<?> deadline;

    private Linger(Duration atMost) {
        this.atMost = atMost;
    }

    /** Ends our half of the stream and lingers; at once closed when the peer's half has ended already. */
    static void begin(Channel channel, Duration atMost) {
        if (!(channel instanceof DuplexChannel duplex) || duplex.isInputShutdown() || !channel.isActive()) {
            channel.close();
            return;
        }
        if (channel.pipeline().get(Linger.class) != null) return;
        channel.pipeline().addFirst(new Linger(atMost));
        Overrun.drop(channel);
        // With its half the peer ends the connection, which is then closed without a word to anybody.
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        channel.config().setAutoRead(true);
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null && tls.handshakeFuture().isSuccess()) {
            // Said or not, for the peer may have ended TLS before: our half of the stream ends behind it.
            tls.closeOutbound().addListener(said -> endOurHalf(duplex));
        } else {
            endOurHalf(duplex);
        }
    }

    /** Netty's own way makes an exception for what may still wait to be written, which is nothing. */
    private static void endOurHalf(DuplexChannel channel) {
        if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
            try {
                socket.shutdown(false, true);
            } catch (IOException | NotYetConnectedException gone) {
                channel.unsafe().close(channel.voidPromise());
            }
        } else {
            channel.shutdownOutput().addListener(ended -> {
                if (!ended.isSuccess()) channel.unsafe().close(channel.voidPromise());
            });
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        deadline = ctx.executor().schedule(() -> ctx.close(), atMost.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (deadline != null) deadline.cancel(false);
        ctx.fireChannelInactive();
    }

    /** Closing is under way already. */
    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        ctx.channel().closeFuture().addListener(closed -> promise.trySuccess());
    }
}
