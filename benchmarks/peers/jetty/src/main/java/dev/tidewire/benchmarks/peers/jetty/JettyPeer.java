package dev.tidewire.benchmarks.peers.jetty;

import dev.tidewire.benchmarks.peers.common.Arguments;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/** Jetty with its own WebSocket API and its default thread pool. */
final class JettyPeer {
    private JettyPeer() {}

    static void main(String[] arguments) throws Exception {
        Arguments args = Arguments.parse(arguments);
        Server server = new Server();
        ServerConnector connector = args.keyStore().isPresent()
                ? new ServerConnector(server, tls(args.keyStore().get()), new HttpConnectionFactory())
                : new ServerConnector(server);
        connector.setHost(Arguments.HOST);
        connector.setPort(args.port());
        connector.setAcceptQueueSize(4096);
        server.addConnector(connector);
        server.setHandler(WebSocketUpgradeHandler.from(server, JettyPeer::configure));
        server.start();
    }

    private static SslConnectionFactory tls(Path store) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setKeyStorePath(store.toString());
        factory.setKeyStorePassword(Arguments.PASSWORD);
        return new SslConnectionFactory(factory, "http/1.1");
    }

    private static void configure(ServerWebSocketContainer container) {
        Set<Session> room = ConcurrentHashMap.newKeySet();
        container.setMaxBinaryMessageSize(Arguments.MAX_MESSAGE_BYTES);
        container.setMaxTextMessageSize(Arguments.MAX_MESSAGE_BYTES);
        container.setMaxFrameSize(Arguments.MAX_MESSAGE_BYTES);
        container.setIdleTimeout(Duration.ofMinutes(10));
        container.addMapping(Arguments.BROADCAST, (_, _, _) -> new Broadcast(room));
        container.addMapping(Arguments.SINK, (_, _, _) -> new Sink());
        container.addMapping("/", (_, _, _) -> new Echo());
    }

    /** Found by name. */
    public static final class Echo extends Session.Listener.AbstractAutoDemanding {
        @Override
        public void onWebSocketBinary(ByteBuffer payload, Callback callback) {
            getSession().sendBinary(payload, callback);
        }

        @Override
        public void onWebSocketText(String message) {
            getSession().sendText(message, Callback.NOOP);
        }
    }

    /** Found by name. */
    public static final class Broadcast extends Session.Listener.AbstractAutoDemanding {
        private final Set<Session> room;

        Broadcast(Set<Session> room) {
            this.room = room;
        }

        @Override
        public void onWebSocketOpen(Session session) {
            room.add(session);
            super.onWebSocketOpen(session);
        }

        @Override
        public void onWebSocketBinary(ByteBuffer payload, Callback callback) {
            byte[] copy = new byte[payload.remaining()]; // may be sent after the payload is gone
            payload.get(copy);
            callback.succeed();
            room.forEach(member -> member.sendBinary(ByteBuffer.wrap(copy), Callback.NOOP));
        }

        @Override
        public void onWebSocketClose(int statusCode, String reason) {
            room.remove(getSession());
        }
    }

    /** Found by name. */
    public static final class Sink extends Session.Listener.AbstractAutoDemanding {
        @Override
        public void onWebSocketBinary(ByteBuffer payload, Callback callback) {
            callback.succeed();
        }
    }
}
