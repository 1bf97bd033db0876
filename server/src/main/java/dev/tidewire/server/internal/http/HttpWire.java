package dev.tidewire.server.internal.http;

import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.OwnBytes;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Stands between the socket and the HTTP codec: counts bytes both ways, and sorts out peers whose very first byte cannot begin
 * a request, such as TLS clients and port scans, before the codec waits for the end of a line that never comes.
 */
final class HttpWire extends ChannelDuplexHandler {
    private final Connection connection;
    private boolean begun;

    HttpWire(Connection connection) {
        this.connection = connection;
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
