package dev.tidewire.server;

import dev.tidewire.protocol.Opcode;
import java.nio.charset.StandardCharsets;

/** A WebSocket frame or whole message. Its data stays valid for as long as it is kept. */
public final class Frame {
    private final long fd;
    private final Opcode opcode;
    private final boolean fin;
    private final byte[] payload;

    Frame(long fd, Opcode opcode, boolean fin, byte[] payload) {
        this.fd = fd;
        this.opcode = opcode;
        this.fin = fin;
        this.payload = payload;
    }

    /** The connection it came on; 0 for an unpacked one. */
    public long fd() {
        return fd;
    }

    /** What it is: {@code TEXT} or {@code BINARY} for a message. */
    public Opcode opcode() {
        return opcode;
    }

    /** True for the last or only frame of a message, and so always for a message that a handler gets. */
    public boolean fin() {
        return fin;
    }

    /** The payload read as UTF-8, which a text message is; in other payloads the replacement character stands for what is not. */
    public String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }

    /** The payload. The array is not copied: whoever changes it changes it for all who hold this frame. */
    public byte[] bytes() {
        return payload;
    }

    /** Kind and size, never the payload. */
    @Override
    public String toString() {
        return "Frame[fd=" + fd + ", opcode=" + opcode + ", fin=" + fin + ", bytes=" + payload.length + "]";
    }
}
