package dev.tidewire.verification.interop;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a WebSocket of the JDK hears, message by message. */
final class Conversation implements WebSocket.Listener {
    private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private ByteBuffer binary = ByteBuffer.allocate(0);

    /** Something that the server said. */
    sealed interface Heard {
        /** A whole text message. */
        record Text(String text) implements Heard {}

        /** A whole binary message. */
        record Binary(ByteBuffer bytes) implements Heard {}

        /** A ping. */
        record Ping(ByteBuffer payload) implements Heard {}

        /** A pong. */
        record Pong(ByteBuffer payload) implements Heard {}

        /** A close frame. */
        record Close(int code, String reason) implements Heard {}

        /** An end without one. */
        record Failure(Throwable cause) implements Heard {}
    }

    WebSocket open(HttpClient client, URI uri) {
        return client.newWebSocketBuilder()
                .subprotocols("chat.v1", "chat.v2")
                .buildAsync(uri, this)
                .join();
    }

    /** What comes next; null when nothing does. */
    @Nullable
    Heard next() throws InterruptedException {
        return heard.poll(20, TimeUnit.SECONDS);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
        text.append(part);
        if (last) {
            heard.add(new Heard.Text(text.toString()));
            text.setLength(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer part, boolean last) {
        ByteBuffer longer = ByteBuffer.allocate(binary.remaining() + part.remaining());
        binary = longer.put(binary).put(part).flip();
        if (last) {
            heard.add(new Heard.Binary(binary));
            binary = ByteBuffer.allocate(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket socket, ByteBuffer payload) {
        heard.add(new Heard.Ping(copy(payload)));
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket socket, ByteBuffer payload) {
        heard.add(new Heard.Pong(copy(payload)));
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        heard.add(new Heard.Close(code, reason));
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable cause) {
        heard.add(new Heard.Failure(cause));
    }

    private static ByteBuffer copy(ByteBuffer bytes) {
        return ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    }
}
