package dev.tidewire.server.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects a request and its body; tells the conversation when the body is too long. */
final class WholeRequests extends HttpObjectAggregator {
    /** Pieces of a body up to this are copied, for each keeps all of what it was read with. */
    private static final int SMALL_BYTES = 1024;
    /** So many small pieces a body may have; after each thousand of them they are joined. */
    private static final int MOST_SMALL = 16_384;

    private int small;

    WholeRequests(int maxBodyBytes) {
        super(maxBodyBytes);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, HttpObject message, List<Object> out) throws Exception {
        if (message instanceof HttpMessage) small = 0;
        if (!(message instanceof HttpContent piece) || !isSmall(piece.content())) {
            super.decode(ctx, message, out);
        } else if (++small <= MOST_SMALL) {
            HttpContent copy = piece.replace(piece.content().copy());
            try {
                super.decode(ctx, copy, out);
            } finally {
                copy.release();
            }
        } else {
            ctx.fireUserEventTriggered(new TooLong(
                    "the body comes in more than " + MOST_SMALL + " pieces of at most " + SMALL_BYTES + " bytes"));
        }
    }

    private static boolean isSmall(ByteBuf content) {
        return content.isReadable() && content.readableBytes() <= SMALL_BYTES;
    }

    /**
     * Leaves it to the conversation to ask for the body of a client that waits to be asked (RFC 9110 §10.1.1), for requests before
     * this one may have to be answered first. Other expectations are ignored.
     */
    @Override
    protected @Nullable Object newContinueResponse(HttpMessage start, int maxBodyBytes, ChannelPipeline pipeline) {
        if (asksFirst(start) && !isContentLengthInvalid(start, maxBodyBytes)) {
            ctx().fireUserEventTriggered(new AsksFirst());
        }
        return null;
    }

    private static boolean asksFirst(HttpMessage start) {
        return start.decoderResult().isSuccess()
                && start.protocolVersion().equals(HttpVersion.HTTP_1_1)
                && start.headers().containsValue(HttpHeaderNames.EXPECT, HttpHeaderValues.CONTINUE, true);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext ctx, HttpMessage oversized) {
        ctx.fireUserEventTriggered(new TooLong("the body is over " + maxContentLength() + " bytes"));
    }

    /** Told to the conversation when there is a request's head, and the client waits to be asked for the body. */
    record AsksFirst() {}

    /** Told to the conversation in place of a request whose body is over the limit. */
    record TooLong(String why) {}
}
