package dev.tidewire.server.internal.http;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Netty's, but for the eight bytes that it takes for the body of a handshake of hixie-76, and that are the next request's first. */
final class RequestDecoder extends HttpRequestDecoder {
    RequestDecoder(HttpDecoderConfig limits) {
        super(limits);
    }

    /** RFC 9112 §6.3: a request that says nothing of a body has none. */
    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage message) {
        return !message.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
                && !message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    }
}
