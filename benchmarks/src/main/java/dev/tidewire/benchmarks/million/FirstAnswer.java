package dev.tidewire.benchmarks.million;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** A client that takes note of what the server answers to its handshake. */
final class FirstAnswer implements Client {
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();
    private final CompletableFuture<byte[]> head = new CompletableFuture<>();
    private final CompletableFuture<Boolean> gone = new CompletableFuture<>();

    /** The whole head of the answer, which has agreed. */
    byte[] await() {
        byte[] answer = head.join();
        String text = new String(answer, StandardCharsets.US_ASCII);
        if (!text.startsWith("HTTP/1.1 101 ")) throw new IllegalStateException("refused: " + text);
        return answer;
    }

    void awaitClosed() {
        gone.join();
    }

    @Override
    public void received(MemorySocket socket, ByteBuffer bytes) {
        byte[] more = new byte[bytes.remaining()];
        bytes.get(more);
        heard.writeBytes(more);
        if (heard.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) head.complete(heard.toByteArray());
    }

    @Override
    public void ended(MemorySocket socket) {
        socket.end();
    }

    @Override
    public void closed() {
        gone.complete(true);
    }
}
