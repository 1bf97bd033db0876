package dev.tidewire.benchmarks.peers.javawebsocket;

import dev.tidewire.benchmarks.peers.common.Arguments;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.java_websocket.WebSocket;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.extensions.IExtension;
import org.java_websocket.extensions.permessage_deflate.PerMessageDeflateExtension;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.protocols.Protocol;
import org.java_websocket.server.DefaultSSLWebSocketServerFactory;
import org.java_websocket.server.WebSocketServer;

/** Java-WebSocket, with one decoder thread beside its selector. */
final class JavaWebSocketPeer extends WebSocketServer {
    /** Who is on /broadcast. */
    private final Set<WebSocket> room = ConcurrentHashMap.newKeySet();

    private JavaWebSocketPeer(Arguments args) {
        super(new InetSocketAddress(InetAddress.getLoopbackAddress(), args.port()), 1, List.of(draft(args)));
        setTcpNoDelay(true);
        setMaxPendingConnections(4096);
        args.sslContext().ifPresent(tls -> setWebSocketFactory(new DefaultSSLWebSocketServerFactory(tls)));
    }

    static void main(String[] arguments) {
        new JavaWebSocketPeer(Arguments.parse(arguments)).start();
    }

    private static Draft_6455 draft(Arguments args) {
        List<IExtension> extensions = args.deflate() ? List.of(new PerMessageDeflateExtension()) : List.of();
        return new Draft_6455(extensions, List.of(new Protocol("")), Arguments.MAX_MESSAGE_BYTES);
    }

    @Override
    public void onStart() {}

    @Override
    public void onOpen(WebSocket socket, ClientHandshake handshake) {
        if (socket.getResourceDescriptor().equals(Arguments.BROADCAST)) room.add(socket);
    }

    @Override
    public void onMessage(WebSocket socket, String message) {
        socket.send(message);
    }

    @Override
    public void onMessage(WebSocket socket, ByteBuffer message) {
        switch (socket.getResourceDescriptor()) {
            case Arguments.BROADCAST -> broadcast(message, room);
            case Arguments.SINK -> {}
            default -> socket.send(message);
        }
    }

    @Override
    public void onClose(WebSocket socket, int code, String reason, boolean remote) {
        room.remove(socket);
    }

    @Override
    public void onError(WebSocket socket, Exception failure) {
        if (socket != null) room.remove(socket);
    }
}
