package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.internal.engine.SendBuffers;
import dev.tidewire.server.internal.topics.Topics;
import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One message for many connections: written once, and compressed once for each window that they have agreed on.
 *
 * <p>Threads: any. Who makes it {@link #release releases} it; so does who {@link #retain retained} it. The monitor is held while a frame
 * is made: who needs the same one meanwhile would have to make it too.
 */
public final class SharedMessage implements Topics.Shared, AutoCloseable {
    private final Opcode opcode;
    private final byte[] payload;
    private final @Nullable Object key;
    private final AtomicInteger users = new AtomicInteger(1);
    private volatile @Nullable ByteBuf plain;
    private @Nullable Map<Integer, ByteBuf> compressed;

    /** @param payload not changed by anyone from now on, until the last user released this */
    public SharedMessage(Opcode opcode, byte[] payload) {
        this(opcode, payload, null);
    }

    /** @param key of which only the latest message counts; null for a message that none may replace */
    public SharedMessage(Opcode opcode, byte[] payload, @Nullable Object key) {
        this.opcode = opcode;
        this.payload = payload;
        this.key = key;
    }

    @Nullable
    Object key() {
        return key;
    }

    @Override
    public int bytes() {
        return payload.length;
    }

    /** The frame as it is, given. */
    ByteBuf plain() {
        ByteBuf frame = plain;
        return (frame == null ? makePlain() : frame).retainedDuplicate();
    }

    /** The frame compressed by itself for this compressor's connection, or as it is when that is no gain; given. */
    ByteBuf compressedFor(Compressor compressor) {
        return compressed(compressor).retainedDuplicate();
    }

    @Override
    public void retain() {
        users.incrementAndGet();
    }

    @Override
    public void release() {
        if (users.decrementAndGet() == 0) free();
    }

    /** {@link #release}. */
    @Override
    public void close() {
        release();
    }

    private synchronized ByteBuf makePlain() {
        ByteBuf made = plain;
        if (made != null) return made;
        ByteBuf frame = SendBuffers.allocate(FrameWriter.headerBytes(payload.length, false) + payload.length);
        FrameWriter.write(frame, opcode, true, payload);
        plain = frame;
        return frame;
    }

    private synchronized ByteBuf compressed(Compressor compressor) {
        Map<Integer, ByteBuf> byWindow = compressed;
        if (byWindow == null) {
            byWindow = new HashMap<>(4);
            compressed = byWindow;
        }
        ByteBuf frame = byWindow.get(compressor.windowBits());
        if (frame == null) {
            frame = compressor.compressAlone(opcode, payload);
            if (frame == null) frame = plain();
            byWindow.put(compressor.windowBits(), frame);
        }
        return frame;
    }

    private synchronized void free() {
        if (compressed != null) compressed.values().forEach(ByteBuf::release);
        compressed = null;
        ByteBuf frame = plain;
        if (frame != null) frame.release();
        plain = null;
    }
}
