package dev.tidewire.server;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.engine.Nanos;
import dev.tidewire.server.internal.websocket.WebSocketConversation;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A message on its way out: bytes are gathered into fragments, each of which waits for room. */
final class PushStream extends OutputStream {
    private static final int FRAGMENT_BYTES = 16 * 1024;

    private final @Nullable WebSocketConversation conversation;
    private final long patienceNanos;
    private final byte[] gathered;
    private int count;
    private Opcode next;
    private boolean closed;
    private boolean failed;

    /** @param conversation null when there is none to send to */
    PushStream(@Nullable WebSocketConversation conversation, Opcode opcode, Duration patience) {
        if (opcode != Opcode.TEXT && opcode != Opcode.BINARY) {
            throw new IllegalArgumentException("a message is TEXT or BINARY, was " + opcode);
        }
        this.conversation = conversation;
        this.next = opcode;
        this.patienceNanos = Nanos.of(patience);
        int maxQueuedBytes = conversation == null ? 0 : conversation.maxQueuedBytes();
        this.gathered = new byte[Math.clamp(maxQueuedBytes / 4, 1, FRAGMENT_BYTES)];
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (closed) throw new IOException("the message was ended before");
        for (int done = 0; done < length; ) {
            if (count == gathered.length) push(false);
            int taken = Math.min(gathered.length - count, length - done);
            System.arraycopy(bytes, offset + done, gathered, count, taken);
            count += taken;
            done += taken;
        }
    }

    /** Sends what was gathered as a fragment. */
    @Override
    public void flush() throws IOException {
        if (!closed && count > 0) push(false);
    }

    /** Ends the message. */
    @Override
    public void close() throws IOException {
        if (closed) return;
        closed = true;
        if (!failed) push(true);
    }

    private void push(boolean fin) throws IOException {
        WebSocketConversation to = conversation;
        if (to == null) throw gone();
        Server.requireMayWait();
        if (failed) throw new IOException("the message could not be sent to its end");
        failed = true; // unless what follows succeeds
        switch (send(to, fin, Arrays.copyOf(gathered, count))) {
            case SENT, QUEUED -> {
                next = Opcode.CONTINUATION;
                count = 0;
                failed = false;
            }
            case CLOSED -> throw gone();
            case DROPPED ->
                throw new SocketTimeoutException("the client made no room for "
                        + Duration.ofNanos(patienceNanos).toMillis() + " ms");
        }
    }

    private SendResult send(WebSocketConversation to, boolean fin, byte[] fragment) throws IOException {
        try {
            return to.sendBlocking(next, fin, fragment, patienceNanos);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted while the client made no room").initCause(e);
        }
    }

    private static IOException gone() {
        return new IOException("there is no such open WebSocket");
    }
}
