package dev.tidewire.server.internal.http;

import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.OwnBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the socket and the HTTP codec: counts bytes both ways, and sorts out peers whose very first byte cannot begin
 * a request, such as TLS clients and port scans, before the codec waits for the end of a line that never comes.
 *
 * <p>The end of the peer's half waits here while the decoder has stopped, for that would throw away what it has kept.
 */
final class HttpWire extends ChannelDuplexHandler {
    private final Connection connection;
    private final RequestDecoder decoder;
    private @Nullable ChannelInputShutdownEvent end;
    private boolean begun;

    HttpWire(Connection connection, RequestDecoder decoder) {
        this.connection = connection;
        this.decoder = decoder;
    }

    /** Has the decoder read what it has kept, up to where it stops again. */
    void goOn() {
        ChannelHandlerContext ctx = connection.channel().pipeline().context(this);
        ctx.fireChannelRead(Unpooled.EMPTY_BUFFER);
        ctx.fireChannelReadComplete();
        if (end == null || decoder.hasStopped()) return;
        ctx.fireUserEventTriggered(end);
        end = null;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (decoder.hasStopped() && event instanceof ChannelInputShutdownEvent last) {
            end = last;
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = OwnBytes.copy(ctx, (ByteBuf) message);
        connection.received(bytes.readableBytes());
        if (!begun && bytes.isReadable()) {
            begun = true;
            byte first = bytes.getByte(bytes.readerIndex());
            if (!mayBeginRequest(first)) {
                bytes.release();
                ctx.fireUserEventTriggered(new NotHttp(first));
                return;
            }
        }
        ctx.fireChannelRead(bytes);
    }

    /** Decoders ask for more when what was read is not yet a message, be the socket to be read or not. */
    @Override
    public void read(ChannelHandlerContext ctx) {
        if (ctx.channel().config().isAutoRead()) ctx.read();
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes && bytes.isReadable()) {
            int size = bytes.readableBytes();
            connection.outbound().reserveAnyway(size);
            promise = promise.unvoid().addListener(written -> {
                connection.outbound().unreserve(size);
                if (written.isSuccess()) connection.traffic().sent(size);
            });
        }
        ctx.write(message, promise);
    }

    /** A letter or other token character of a method (RFC 9110 §5.6.2), or the empty line that may precede a request. */
    private static boolean mayBeginRequest(byte first) {
        return first == '\r'
                || first == '\n'
                || (first > ' ' && first < 0x7F && "\"(),/:;<=>?@[\\]{}".indexOf(first) < 0);
    }

    /**
     * Told to the conversation in place of bytes that are not HTTP.
     *
     * @param first the first byte of the connection
     */
    record NotHttp(byte first) {
        /** The first byte of a TLS handshake record (RFC 8446 §5.1). */
        private static final byte TLS_HANDSHAKE = 22;

        boolean isTls() {
            return first == TLS_HANDSHAKE;
        }
    }
}
