package dev.tidewire.benchmarks.peers.helidon;

import dev.tidewire.benchmarks.peers.common.Arguments;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.tls.Tls;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsRouting;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Helidon SE: a virtual thread for each connection. */
final class HelidonPeer {
    private HelidonPeer() {}

    static void main(String[] arguments) {
        Arguments args = Arguments.parse(arguments);
        Set<WsSession> room = ConcurrentHashMap.newKeySet();
        WebServerConfig.Builder server = WebServer.builder()
                .host(Arguments.HOST)
                .port(args.port())
                .backlog(4096)
                .connectionOptions(socket -> socket.tcpNoDelay(true))
                .addProtocol(WsConfig.builder()
                        .maxFrameLength(Arguments.MAX_MESSAGE_BYTES)
                        .build())
                .addRouting(WsRouting.builder()
                        .endpoint("/", new Echo())
                        .endpoint(Arguments.BROADCAST, new Broadcast(room))
                        .endpoint(Arguments.SINK, new Sink()));
        args.sslContext()
                .ifPresent(tls -> server.tls(Tls.builder().sslContext(tls).build()));
        server.build().start();
    }

    private static final class Echo implements WsListener {
        @Override
        public void onMessage(WsSession session, String text, boolean last) {
            session.send(text, last);
        }

        @Override
        public void onMessage(WsSession session, BufferData buffer, boolean last) {
            session.send(buffer, last);
        }
    }

    /** Helidon leaves pings to the application. */
    private static final class Sink implements WsListener {
        @Override
        public void onPing(WsSession session, BufferData payload) {
            session.pong(payload);
        }
    }

    private record Broadcast(Set<WsSession> room) implements WsListener {
        @Override
        public void onOpen(WsSession session) {
            room.add(session);
        }

        @Override
        public void onMessage(WsSession session, BufferData buffer, boolean last) {
            byte[] message = buffer.readBytes();
            room.forEach(member -> send(member, message, last));
        }

        private void send(WsSession member, byte[] message, boolean last) {
            try {
                member.send(BufferData.create(message), last);
            } catch (ServerConnectionException gone) { // of which its listener hears nothing
                room.remove(member);
            }
        }

        @Override
        public void onClose(WsSession session, int status, String reason) {
            room.remove(session);
        }

        @Override
        public void onError(WsSession session, Throwable failure) {
            room.remove(session);
        }
    }
}
