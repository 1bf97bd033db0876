package dev.tidewire.examples;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client of an example, on the JDK's WebSocket; for short messages that are text. */
final class Visitor implements WebSocket.Listener {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final WebSocket socket;

    Visitor(HttpClient client, int port, String target) {
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create("ws://127.0.0.1:" + port + target), this)
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    void say(String text) {
        socket.sendText(text, true).join();
    }

    void sayInBinary(String text) {
        socket.sendBinary(StandardCharsets.UTF_8.encode(text), true).join();
    }

    void leave() {
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    }

    /** The next message, binary ones marked; or that there is none. */
    String hears() throws InterruptedException {
        String next = heard.poll(10, TimeUnit.SECONDS);
        return next == null ? "(nothing)" : next;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
        heard.add(text.toString());
        return WebSocket.Listener.super.onText(socket, text, last);
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer bytes, boolean last) {
        heard.add("binary " + StandardCharsets.UTF_8.decode(bytes));
        return WebSocket.Listener.super.onBinary(socket, bytes, last);
    }
}
