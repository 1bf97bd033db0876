package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.WARNING;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stands at a listener for when a connection cannot be accepted. Left alone, Netty accepts nobody for a second.
 *
 * <p>When the process has no descriptor left, the peers in the kernel's queue would wait for one until they give up. So one
 * is kept back: it is given up to accept a peer, who is closed at once, and is taken again. This costs a peer's connecting each
 * time, and so does not spin. Only if it cannot be taken again, or the failure is another one, is there a pause, and a short one.
 *
 * <p>Threads: the listener's loop. One for each listener.
 */
final class AcceptFailures extends ChannelInboundHandlerAdapter {
    /** What is counted for each peer that is closed for want of a descriptor. */
    static final String NO_DESCRIPTOR = "refused.no_descriptor";

    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    private static final long PAUSE_MILLIS = 100;
    private static final long NANOS_BETWEEN_LINES = TimeUnit.SECONDS.toNanos(10);

    private final Counters counters;
    private @Nullable Closeable spare;
    private boolean spareGivenUp;
    private boolean logged;
    private long loggedNanos;

    AcceptFailures(Counters counters) {
        this.counters = counters;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        takeSpare();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws IOException {
        if (spare != null) spare.close();
        spare = null;
        ctx.fireChannelInactive();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
        if (!spareGivenUp) {
            ctx.fireChannelRead(accepted);
            return;
        }
        spareGivenUp = false;
        counters.count(NO_DESCRIPTOR);
        ((Channel) accepted).unsafe().closeForcibly();
        takeSpare();
    }

    /** Not passed on: whoever comes next would stop accepting for a second. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws IOException {
        log(cause);
        if (spare != null && isNoDescriptor(cause)) {
            spare.close();
            spare = null;
            spareGivenUp = true;
        } else {
            spareGivenUp = false;
            pause(ctx);
        }
    }

    private void pause(ChannelHandlerContext ctx) {
        ctx.channel().config().setAutoRead(false);
        ctx.executor()
                .schedule(
                        () -> {
                            if (spare == null) takeSpare();
                            ctx.channel().config().setAutoRead(true);
                        },
                        PAUSE_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private void takeSpare() {
        try {
            spare = SocketChannel.open();
        } catch (IOException noneLeft) {
            spare = null; // tried again after the pause that the next failure brings
        }
    }

    /** The kernel's words for EMFILE and ENFILE, of which all transports make the message of an exception, and musl's. */
    private static boolean isNoDescriptor(Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return message.contains("Too many open files") || message.contains("No file descriptors available");
    }

    private void log(Throwable cause) {
        long now = System.nanoTime();
        if (logged && now - loggedNanos < NANOS_BETWEEN_LINES) return;
        logged = true;
        loggedNanos = now;
        LOG.log(
                WARNING,
                () -> "event=accept_failed cause=\"" + cause.getMessage()
                        + "\" hint=\"raise the limit of open files, or lower maxConnections\"");
    }
}
