package dev.tidewire.benchmarks.peers.undertow;

import dev.tidewire.benchmarks.peers.common.Arguments;
import io.undertow.Handlers;
import io.undertow.Undertow;
import io.undertow.server.handlers.PathHandler;
import io.undertow.websockets.WebSocketConnectionCallback;
import io.undertow.websockets.WebSocketProtocolHandshakeHandler;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketCallback;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.xnio.Options;
import org.xnio.Pooled;

/** Undertow with its own WebSocket API, handlers on its I/O threads. */
final class UndertowPeer {
    private UndertowPeer() {}

    static void main(String[] arguments) {
        Arguments args = Arguments.parse(arguments);
        Undertow.Builder builder = Undertow.builder()
                .setIoThreads(Runtime.getRuntime().availableProcessors())
                .setSocketOption(Options.BACKLOG, 4096)
                .setHandler(paths(args));
        args.sslContext()
                .ifPresentOrElse(
                        tls -> builder.addHttpsListener(args.port(), Arguments.HOST, tls),
                        () -> builder.addHttpListener(args.port(), Arguments.HOST));
        builder.build().start();
    }

    private static PathHandler paths(Arguments args) {
        Set<WebSocketChannel> room = ConcurrentHashMap.newKeySet();
        return Handlers.path()
                .addPrefixPath("/", handler(args, (_, channel) -> receive(channel, new Echo())))
                .addExactPath(Arguments.BROADCAST, handler(args, (_, channel) -> {
                    room.add(channel);
                    channel.addCloseTask(room::remove);
                    receive(channel, new Broadcast(room));
                }))
                .addExactPath(Arguments.SINK, handler(args, (_, channel) -> receive(channel, new Sink())));
    }

    private static WebSocketProtocolHandshakeHandler handler(Arguments args, WebSocketConnectionCallback callback) {
        WebSocketProtocolHandshakeHandler handler = Handlers.websocket(callback);
        return args.deflate() ? handler.addExtension(new PerMessageDeflateHandshake()) : handler;
    }

    private static void receive(WebSocketChannel channel, AbstractReceiveListener listener) {
        channel.getReceiveSetter().set(listener);
        channel.resumeReceives();
    }

    private static class Limited extends AbstractReceiveListener {
        @Override
        protected long getMaxBinaryBufferSize() {
            return Arguments.MAX_MESSAGE_BYTES;
        }
    }

    private static final class Echo extends Limited {
        @Override
        protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
            WebSockets.sendText(message.getData(), channel, null);
        }

        @Override
        protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
            Pooled<ByteBuffer[]> data = message.getData();
            WebSockets.sendBinary(data.getResource(), channel, new Free(data));
        }
    }

    /** Gives the buffers back when they are sent. */
    private record Free(Pooled<ByteBuffer[]> data) implements WebSocketCallback<Void> {
        @Override
        public void complete(WebSocketChannel channel, Void context) {
            data.free();
        }

        @Override
        public void onError(WebSocketChannel channel, Void context, Throwable throwable) {
            data.free();
        }
    }

    private static final class Broadcast extends Limited {
        private final Set<WebSocketChannel> room;

        Broadcast(Set<WebSocketChannel> room) {
            this.room = room;
        }

        @Override
        protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
            try (Pooled<ByteBuffer[]> data = message.getData()) {
                ByteBuffer whole = WebSockets.mergeBuffers(data.getResource());
                room.forEach(member -> WebSockets.sendBinary(whole.duplicate(), member, null));
            }
        }
    }

    private static final class Sink extends Limited {
        /** Pings are part of this load; 300 of them in a minute are the usual limit. */
        @Override
        protected int getMaxPingsPerWindow() {
            return Integer.MAX_VALUE;
        }

        @Override
        protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message) {
            message.getData().free();
        }
    }
}
