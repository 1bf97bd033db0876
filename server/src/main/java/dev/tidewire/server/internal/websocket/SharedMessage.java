package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One message for many connections: written once, and compressed once for each window that they have agreed on.
 *
 * <p>Threads: one. Its frames may be sent and released by others.
 */
public final class SharedMessage implements AutoCloseable {
    private final Opcode opcode;
    private final byte[] payload;
    private final ByteBufAllocator allocator = ByteBufAllocator.DEFAULT;
    private final Map<Integer, ByteBuf> compressed = new HashMap<>(4);
    private @Nullable ByteBuf plain;

    /** @param payload not changed by the caller until this is closed */
    public SharedMessage(Opcode opcode, byte[] payload) {
        this.opcode = opcode;
        this.payload = payload;
    }

    Opcode opcode() {
        return opcode;
    }

    byte[] payload() {
        return payload;
    }

    /** The frame as it is, given. */
    ByteBuf plain() {
        ByteBuf frame = plain;
        if (frame == null) {
            frame = allocator.directBuffer(FrameWriter.headerBytes(payload.length, false) + payload.length);
            FrameWriter.writeHeader(frame, opcode, true, false, payload.length);
            frame.writeBytes(payload);
            plain = frame;
        }
        return frame.retainedDuplicate();
    }

    /** The frame compressed by itself for this compressor's connection, or as it is when that is no gain; given. */
    ByteBuf compressedFor(Compressor compressor) {
        ByteBuf frame = compressed.get(compressor.windowBits());
        if (frame == null) {
            frame = compressor.compressAlone(opcode, payload);
            if (frame == null) frame = plain();
            compressed.put(compressor.windowBits(), frame);
        }
        return frame.retainedDuplicate();
    }

    /** Gives up its own part in the frames. */
    @Override
    public void close() {
        compressed.values().forEach(ByteBuf::release);
        compressed.clear();
        if (plain != null) plain.release();
        plain = null;
    }
}
