package dev.tidewire.server.internal.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;

/** Collects a request and its body; tells the conversation when the body is too long. */
final class WholeRequests extends HttpObjectAggregator {
    WholeRequests(int maxBodyBytes) {
        super(maxBodyBytes);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        ctx.fireUserEventTriggered(new TooLong());
    }

    /** Told to the conversation in place of a request whose body is over the limit. */
    record TooLong() {}
}
