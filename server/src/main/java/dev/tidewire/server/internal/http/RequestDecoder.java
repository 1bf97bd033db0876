package dev.tidewire.server.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.AsciiString;
import io.netty.util.ByteProcessor;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Reads requests as long as there is room for them. What comes then it keeps as it came.
 *
 * <p>It is Netty's, but for where a body ends: it takes eight bytes for the body of a handshake of hixie-76, which are the next request's first,
 * and of several lengths in HTTP/1.0 the first.
 */
final class RequestDecoder extends HttpRequestDecoder {
    private final BooleanSupplier full;
    private boolean stopped;
    private int lengths;
    private boolean begun;
    private boolean head;

    RequestDecoder(HttpDecoderConfig limits, BooleanSupplier full) {
        super(limits);
        this.full = full;
    }

    /** True when it has kept something; when there is room it goes on with the next bytes that it is given, be they none. */
    boolean hasStopped() {
        return stopped;
    }

    /** True from the first byte of a request until {@link #requestEnds}; an empty line before it is none. */
    boolean hasBegun() {
        return begun;
    }

    /** True when the request that has begun is known to be HEAD. */
    boolean isHead() {
        return head;
    }

    /** The request that was read is whole, or given up. */
    void requestEnds() {
        begun = false;
        head = false;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        stopped = full.getAsBoolean();
        if (stopped) return;
        if (!begun) begun = in.forEachByte(ByteProcessor.FIND_NON_CRLF) >= 0;
        super.decode(ctx, in, out);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) throws Exception {
        stopped = false;
        super.handlerRemoved0(ctx);
    }

    @Override
    protected HttpMessage createMessage(String[] initialLine) throws Exception {
        lengths = 0;
        head = initialLine[0].equals("HEAD");
        return super.createMessage(initialLine);
    }

    /** RFC 9112 §6.3: where there are two lengths, whoever passed the request on may have believed the other. */
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        AsciiString name = super.splitHeaderName(line, start, length);
        if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name) && ++lengths > 1) {
            throw new IllegalArgumentException("more than one Content-Length");
        }
        return name;
    }

    /** RFC 9112 §6.3: a request that says nothing of a body has none. */
    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return !message.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
                && !message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    }
}
