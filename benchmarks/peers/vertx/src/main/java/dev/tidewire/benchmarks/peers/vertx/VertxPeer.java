package dev.tidewire.benchmarks.peers.vertx;

import dev.tidewire.benchmarks.peers.common.Arguments;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.transport.Transport;
import java.util.LinkedHashSet;
import java.util.Set;

/** Vert.x with its native transport, one event loop. */
final class VertxPeer {
    /** Who is on /broadcast; one loop, so no lock. */
    private final Set<ServerWebSocket> room = new LinkedHashSet<>();

    static void main(String[] arguments) throws Exception {
        Arguments args = Arguments.parse(arguments);
        Vertx vertx = Vertx.builder()
                .with(new VertxOptions().setEventLoopPoolSize(1))
                .withTransport(Transport.IO_URING)
                .build();
        vertx.createHttpServer(options(args))
                .webSocketHandler(new VertxPeer()::opened)
                .listen()
                .await();
    }

    private static HttpServerOptions options(Arguments args) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(Arguments.HOST)
                .setPort(args.port())
                .setAcceptBacklog(4096)
                .setMaxWebSocketFrameSize(Arguments.MAX_MESSAGE_BYTES)
                .setMaxWebSocketMessageSize(Arguments.MAX_MESSAGE_BYTES)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(args.deflate())
                .setWebSocketAllowServerNoContext(true);
        args.keyStore()
                .ifPresent(store -> options.setSsl(true)
                        .setKeyCertOptions(
                                new PfxOptions().setPath(store.toString()).setPassword(Arguments.PASSWORD)));
        return options;
    }

    private void opened(ServerWebSocket socket) {
        switch (socket.path()) {
            case Arguments.BROADCAST -> {
                room.add(socket);
                socket.closeHandler(_ -> room.remove(socket));
                socket.binaryMessageHandler(message -> room.forEach(member -> member.writeBinaryMessage(message)));
            }
            case Arguments.SINK -> socket.binaryMessageHandler(_ -> {});
            default -> {
                socket.textMessageHandler(socket::writeTextMessage);
                socket.binaryMessageHandler(socket::writeBinaryMessage);
            }
        }
    }
}
