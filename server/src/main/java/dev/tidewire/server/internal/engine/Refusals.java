package dev.tidewire.server.internal.engine;

import dev.tidewire.server.internal.limits.Refusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The peers for whom there is no room. They are no connections: they have no fd, and the application does not hear of them.
 *
 * <p>A few at a time are told so, once they have said something, for a peer may take an answer that comes before its question for
 * none; the others are closed at once, so that refusing costs little however many come.
 *
 * <p>Threads: any.
 */
final class Refusals {
    private final Counters counters;
    private final Duration patience;
    private final int mostTold;
    private final AtomicInteger told = new AtomicInteger();
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();

    /**
     * @param patience how long one may take to ask and to hear the answer
     * @param mostTold at a time
     */
    Refusals(Counters counters, Duration patience, int mostTold) {
        this.counters = counters;
        this.patience = patience;
        this.mostTold = mostTold;
    }

    /**
     * Refuses a peer that was just accepted. Called on its loop.
     *
     * @param answer what it is told; when this is empty, nothing
     */
    void refuse(Channel channel, Refusal why, byte[] answer) {
        counters.count(why.counter());
        if (answer.length == 0) {
            channel.close();
        } else if (told.getAndUpdate(now -> Math.min(now + 1, mostTold)) == mostTold) {
            counters.count("refused.unanswered");
            channel.close();
        } else {
            open.add(channel);
            channel.closeFuture().addListener(closed -> {
                open.remove(channel);
                told.decrementAndGet();
            });
            channel.pipeline().addLast(new Refused(answer, patience));
        }
    }

    /** Closes all that are being told. */
    void close() {
        open.forEach(Channel::close);
    }

    /** The conversation with one of them. */
    private static final class Refused extends ChannelInboundHandlerAdapter {
        private final byte[] answer;
        private final Duration patience;
        private boolean answered;

        Refused(byte[] answer, Duration patience) {
            this.answer = answer;
            this.patience = patience;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            var deadline = ctx.executor().schedule(() -> ctx.close(), patience.toMillis(), TimeUnit.MILLISECONDS);
            ctx.channel().closeFuture().addListener(closed -> deadline.cancel(false));
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            if (answered) return;
            answered = true;
            ctx.writeAndFlush(Unpooled.wrappedBuffer(answer))
                    .addListener((ChannelFutureListener) written -> Linger.begin(written.channel(), patience));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent && !answered) ctx.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
