package dev.tidewire.benchmarks.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelMatchers;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler.HandshakeComplete;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateServerExtensionHandshaker;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.File;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Netty with its own WebSocket codec, set up as in Netty's own WebSocket server example. One loop. */
final class NettyServer {
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    private static final int DEFLATE_LEVEL = 6;
    private static final int MAX_WINDOW_BITS = 15;
    private static final int MAX_REQUEST_BYTES = 65_536;

    private NettyServer() {}

    /** Arguments: port, transport, {@code openssl} perhaps, then {@code deflate}, or {@code tls} with a certificate and a key. */
    static void main(String[] arguments) throws Exception {
        List<String> options = List.of(arguments);
        IoHandlerFactory io = io(options.get(1));
        var settings = WebSocketServerProtocolConfig.newBuilder()
                .websocketPath("/")
                .checkStartsWith(true)
                .allowExtensions(true)
                .maxFramePayloadLength(MAX_MESSAGE_BYTES)
                .build();
        SslContext tls = tls(options);
        ChannelGroup room = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        new ServerBootstrap()
                .group(new MultiThreadIoEventLoopGroup(1, io))
                .channel(listener(options.get(1)))
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (tls != null) channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(MAX_REQUEST_BYTES));
                        if (options.contains("deflate")) channel.pipeline().addLast(deflate());
                        channel.pipeline()
                                .addLast(
                                        new WebSocketServerProtocolHandler(settings),
                                        new WebSocketFrameAggregator(MAX_MESSAGE_BYTES),
                                        new Echo(room));
                    }
                })
                .bind("127.0.0.1", Integer.parseInt(options.getFirst()))
                .sync();
    }

    /** As Netty's own handler for this, which does not let a client ask for messages that are compressed alone. */
    private static WebSocketServerExtensionHandler deflate() {
        return new WebSocketServerExtensionHandler(new PerMessageDeflateServerExtensionHandshaker(
                DEFLATE_LEVEL, true, MAX_WINDOW_BITS, true, false, MAX_MESSAGE_BYTES));
    }

    private static IoHandlerFactory io(String transport) {
        return switch (transport) {
            case "io_uring" -> IoUringIoHandler.newFactory();
            case "epoll" -> EpollIoHandler.newFactory();
            default -> NioIoHandler.newFactory();
        };
    }

    private static Class<? extends ServerChannel> listener(String transport) {
        return switch (transport) {
            case "io_uring" -> IoUringServerSocketChannel.class;
            case "epoll" -> EpollServerSocketChannel.class;
            default -> NioServerSocketChannel.class;
        };
    }

    private static @Nullable SslContext tls(List<String> options) throws SSLException {
        int at = options.indexOf("tls");
        if (at < 0) return null;
        return SslContextBuilder.forServer(new File(options.get(at + 1)), new File(options.get(at + 2)))
                .sslProvider(options.contains("openssl") ? SslProvider.OPENSSL : SslProvider.JDK)
                .build();
    }

    /** Sends messages back, on /broadcast to all there, on /sink not at all. */
    private static final class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {
        private final ChannelGroup room;
        private boolean inRoom;
        private boolean silent;

        Echo(ChannelGroup room) {
            this.room = room;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (!(event instanceof HandshakeComplete handshake)) return;
            silent = handshake.requestUri().equals("/sink");
            inRoom = handshake.requestUri().equals("/broadcast") && room.add(ctx.channel());
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
            if (inRoom) {
                room.writeAndFlush(frame.retain(), ChannelMatchers.all(), true);
            } else if (!silent) {
                ctx.write(frame.retain(), ctx.voidPromise());
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
