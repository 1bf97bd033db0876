package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what still comes in on a connection that is not to be read, where the kernel receives unasked ({@link ReceiveRing}) and takes a
 * moment to stop. What is kept costs its bytes and no more, for no message has been made of it.
 *
 * <p>It stands next to the socket from the pause to the time when all that it kept has been read.
 *
 * <p>Threads: the connection's loop.
 */
final class Overrun extends ChannelDuplexHandler {
    /** What is read at once of what was kept, so that no more is read past the next pause than of a socket. */
    private static final int READ_BYTES = 16 * 1024;
    /** More than a kernel that was told to stop receives, unless several peers outrun the loop together. */
    private static final int TOO_MUCH_BYTES = 4 << 20;

    private final Connection connection;
    private @Nullable ByteBuf kept;
    private @Nullable ChannelInputShutdownEvent end;
    private boolean slowedDown;

    private Overrun(Connection connection) {
        this.connection = connection;
    }

    /** Keeps from now on what comes in. */
    static void begin(Connection connection) {
        if (!ReceiveRing.isUsedBy(connection.channel()) || isUnderWay(connection)) return;
        connection.channel().pipeline().addFirst(new Overrun(connection));
    }

    /** True when {@link #end} has something to do. */
    static boolean isUnderWay(Connection connection) {
        return of(connection) != null;
    }

    /**
     * Has what was kept read.
     *
     * @return false when there is more, for the connection was paused again in the middle of it
     */
    static boolean end(Connection connection) {
        Overrun overrun = of(connection);
        return overrun == null || overrun.end();
    }

    /** Throws away what was kept, and is in nobody's way any more. */
    static void drop(Channel channel) {
        Overrun overrun = of(channel);
        if (overrun != null) channel.pipeline().remove(overrun);
    }

    private static @Nullable Overrun of(Connection connection) {
        return of(connection.channel());
    }

    private static @Nullable Overrun of(Channel channel) {
        return channel.pipeline().get(Overrun.class);
    }

    private boolean end() {
        ChannelHandlerContext ctx = connection.channel().pipeline().context(this);
        while (kept != null && kept.isReadable()) {
            if (connection.isPaused()) return false;
            ctx.fireChannelRead(kept.readRetainedSlice(Math.min(READ_BYTES, kept.readableBytes())));
            ctx.fireChannelReadComplete();
        }
        if (connection.isPaused()) return false;
        if (end != null) ctx.fireUserEventTriggered(end);
        if (!ctx.isRemoved()) ctx.pipeline().remove(this);
        return true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf in = (ByteBuf) message;
        if (kept == null) kept = ctx.alloc().buffer(in.readableBytes());
        kept.discardSomeReadBytes().writeBytes(in);
        in.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent last && kept != null) {
            end = last;
            return;
        }
        if (ReceiveRing.wasEmptied(event) && kept != null && kept.readableBytes() > TOO_MUCH_BYTES) {
            ReceiveRing.slowDown(ctx.channel());
            slowedDown = true;
        }
        ctx.fireUserEventTriggered(event);
    }

    /** TLS asks for more when it is told that a read has ended which brought it no message. */
    @Override
    public void read(ChannelHandlerContext ctx) {}

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (kept != null) kept.release();
        kept = null;
        if (slowedDown && ctx.channel().isActive()) ReceiveRing.release(ctx.channel());
    }
}
