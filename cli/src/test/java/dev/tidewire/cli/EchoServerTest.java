package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
final class EchoServerTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<WebSocketServer> servers = new ArrayList<>();

    @AfterEach
    void stop() {
        client.shutdownNow();
        servers.forEach(WebSocketServer::close);
    }

    static List<Dispatch> dispatches() {
        return List.of(Dispatch.VIRTUAL, Dispatch.EVENT_LOOP, Dispatch.workers(2));
    }

    @ParameterizedTest
    @MethodSource("dispatches")
    void messagesComeBackAsTheyWere(Dispatch dispatch) throws Exception {
        Received received = new Received();
        var socket = Received.connect(client, start(options().dispatch(dispatch)), "/", received);

        socket.sendText("ü", true).join();
        socket.sendBinary(ByteBuffer.wrap(new byte[] {0, (byte) 0xff}), true).join();
        socket.sendText("", true).join();

        assertThat(received.next()).isEqualTo("text:ü");
        assertThat(received.next()).isEqualTo("binary:00 ff");
        assertThat(received.next()).isEqualTo("text:");
    }

    @Test
    void roomHearsEverySenderInItsOrderAndNobodyElseDoes() throws Exception {
        int port = start(options());
        Received first = new Received(), second = new Received(), alone = new Received();
        var sender = Received.connect(client, port, "/broadcast", first);
        // Whose own message has come back is in the room.
        sender.sendText("ready", true).join();
        assertThat(first.next()).isEqualTo("text:ready");
        var other = Received.connect(client, port, "/broadcast", second);
        var outsider = Received.connect(client, port, "/", alone);
        other.sendText("ready", true).join();
        assertThat(first.next()).isEqualTo("text:ready");
        assertThat(second.next()).isEqualTo("text:ready");

        for (int i = 0; i < 100; i++) {
            sender.sendText("m" + i, true).join();
        }
        outsider.sendText("mine", true).join();

        for (int i = 0; i < 100; i++) {
            assertThat(first.next()).isEqualTo("text:m" + i);
            assertThat(second.next()).isEqualTo("text:m" + i);
        }
        assertThat(alone.next()).isEqualTo("text:mine");
    }

    @Test
    void whoLeavesTheRoomIsNotSentToAnyMore() throws Exception {
        int port = start(options());
        Received staying = new Received(), leaving = new Received();
        var stays = Received.connect(client, port, "/broadcast", staying);
        var leaves = Received.connect(client, port, "/broadcast", leaving);
        leaves.sendClose(1000, "").join();
        assertThat(leaving.next()).startsWith("close:1000");

        stays.sendText("still here", true).join();

        assertThat(staying.next()).isEqualTo("text:still here");
        assertThat(leaving.isQuiet()).isTrue();
    }

    @Test
    void peerThatDoesNotReadIsClosedWith1013() throws Exception {
        Received received = new Received();
        int port = start(options().maxQueuedBytes(1 << 16));
        var socket = Received.connect(client, port, "/", new Unread(received));

        while (servers.getFirst().isEstablished(1)) {
            socket.sendBinary(ByteBuffer.allocate(1 << 15), true).join();
        }
        socket.request(Long.MAX_VALUE);

        assertThat(received.next()).isEqualTo("close:1013 messages come faster than they are read");
    }

    @ParameterizedTest
    @CsvSource({"1, 16777216", "1048576, 16777216", "8388608, 16777248", "67108864, 134217760", "2147483647, 2147483647"
    })
    void queueHasRoomForTwoOfTheLongestMessages(int maxMessageBytes, int maxQueuedBytes) {
        assertThat(Echo.queueFor(maxMessageBytes)).isEqualTo(maxQueuedBytes);
    }

    private static ServerOptions.Builder options() {
        return ServerOptions.builder("127.0.0.1", 0);
    }

    private int start(ServerOptions.Builder options) {
        WebSocketServer server = EchoServer.of(options.build());
        servers.add(server);
        server.start();
        return server.port();
    }

    /** Reads only once it is told to, and then tells only of the end. */
    private record Unread(Received end) implements WebSocket.Listener {
        @Override
        public void onOpen(WebSocket socket) {}

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            return end.onClose(socket, code, reason);
        }

        @Override
        public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
            return null;
        }
    }
}
