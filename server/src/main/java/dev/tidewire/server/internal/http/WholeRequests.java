package dev.tidewire.server.internal.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpUtil;
import org.jspecify.annotations.Nullable;

/** Collects a request and its body; tells the conversation when the body is too long. */
final class WholeRequests extends HttpObjectAggregator {
    WholeRequests(int maxBodyBytes) {
        super(maxBodyBytes);
    }

    /**
     * Asks for the body of a client that waits to be asked (RFC 9110 §10.1.1), unless it is too long: then the conversation
     * answers, and not one byte behind the head is taken for a request. Other expectations are ignored.
     */
    @Override
    protected @Nullable Object newContinueResponse(HttpMessage start, int maxBodyBytes, ChannelPipeline pipeline) {
        boolean ask = HttpUtil.is100ContinueExpected(start) && !isContentLengthInvalid(start, maxBodyBytes);
        return ask ? super.newContinueResponse(start, maxBodyBytes, pipeline) : null;
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        ctx.fireUserEventTriggered(new TooLong());
    }

    /** Told to the conversation in place of a request whose body is over the limit. */
    record TooLong() {}
}
