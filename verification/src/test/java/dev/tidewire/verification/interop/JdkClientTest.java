package dev.tidewire.verification.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.interop.Conversation.Heard;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations with the JDK's own WebSocket client. */
@ExtendWith(NoLeaks.class)
class JdkClientTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final TalkingServer server = new TalkingServer();
    private final Conversation conversation = new Conversation();
    private final WebSocket socket = conversation.open(CLIENT, server.uri());

    @AfterEach
    void close() {
        socket.abort();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "ünïcödé 🌊"})
    void textComesBack(String text) throws InterruptedException {
        socket.sendText(text, true).join();

        assertThat(conversation.next()).isEqualTo(new Heard.Text(text));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_535, 65_536, 1024 * 1024})
    void bytesComeBack(int size) throws InterruptedException {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) size);
        socket.sendBinary(ByteBuffer.wrap(bytes), true).join();

        assertThat(conversation.next()).isEqualTo(new Heard.Binary(ByteBuffer.wrap(bytes)));
    }

    @Test
    void fragmentsAreOneMessageAndAPingMayComeBetween() throws InterruptedException {
        socket.sendText("one ", false).join();
        socket.sendPing(bytes("still there")).join();
        socket.sendText("two ", false).join();
        socket.sendText("three", true).join();

        assertThat(conversation.next()).isEqualTo(new Heard.Pong(bytes("still there")));
        assertThat(conversation.next()).isEqualTo(new Heard.Text("one two three"));
    }

    @Test
    void fragmentsOfTheServerAreOneMessage() throws InterruptedException {
        socket.sendText("fragments", true).join();

        assertThat(conversation.next()).isEqualTo(new Heard.Text("one two three"));
    }

    @Test
    void thePingOfTheServerArrives() throws InterruptedException {
        socket.sendText("ping", true).join();

        assertThat(conversation.next()).isEqualTo(new Heard.Ping(bytes("are you there")));
    }

    @Test
    void manyMessagesComeBackInOrder() throws InterruptedException {
        for (int i = 0; i < 5_000; i++) {
            socket.sendText("message " + i, true).join();
        }

        for (int i = 0; i < 5_000; i++) {
            assertThat(conversation.next()).isEqualTo(new Heard.Text("message " + i));
        }
    }

    @Test
    void theClientClosesAndIsAnsweredWithItsCode() throws InterruptedException {
        socket.sendClose(4000, "bye").join();

        assertThat(conversation.next()).isEqualTo(new Heard.Close(4000, ""));
        assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, 4000, "bye", Initiator.CLIENT, true));
    }

    @Test
    void theServerClosesAndTheClientHearsWhy() throws InterruptedException {
        socket.sendText("close", true).join();

        assertThat(conversation.next()).isEqualTo(new Heard.Close(4001, "enough"));
        assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, 4001, "enough", Initiator.SERVER, true));
    }

    @Test
    void aClientThatAbortsIsLost() throws InterruptedException {
        socket.abort();

        assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, 1006, "", Initiator.CLIENT, false));
    }

    @Test
    void theSubprotocolIsTheOneTheServerPrefers() {
        assertThat(socket.getSubprotocol()).isEqualTo("chat.v2");
    }

    @Test
    void aRefusedHandshakeHasAStatus() {
        assertThatThrownBy(() -> CLIENT.newWebSocketBuilder()
                        .header("Origin", "https://elsewhere.example")
                        .buildAsync(server.uri(), new Conversation())
                        .join())
                .cause()
                .isInstanceOfSatisfying(
                        WebSocketHandshakeException.class,
                        refused ->
                                assertThat(refused.getResponse().statusCode()).isEqualTo(403));
    }

    private static ByteBuffer bytes(String ascii) {
        return ByteBuffer.wrap(ascii.getBytes(US_ASCII));
    }
}
