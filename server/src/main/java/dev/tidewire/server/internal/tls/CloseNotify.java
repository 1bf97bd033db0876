package dev.tidewire.server.internal.tls;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;

/**
 * Tells what is spoken within TLS once that the peer's half has ended, be it with TLS's own word for it (RFC 8446 §6.1) or with
 * the end of the TCP stream.
 *
 * <p>Threads: the connection's loop.
 */
final class CloseNotify extends ChannelInboundHandlerAdapter {
    private boolean ended;

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        switch (event) {
            case SslCloseCompletionEvent said when said.isSuccess() -> end(ctx);
            case ChannelInputShutdownEvent tcp -> end(ctx);
            default -> ctx.fireUserEventTriggered(event);
        }
    }

    private void end(ChannelHandlerContext ctx) {
        if (ended) return;
        ended = true;
        ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    }
}
