package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.internal.engine.SendBuffers;
import dev.tidewire.server.internal.topics.Topics;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One message for many connections: written once, and compressed once for each window that they have agreed on.
 *
 * <p>Threads: any. Who makes it {@link #release releases} it; so does who {@link #retain retained} it. While a frame is made only those
 * wait who need the same one: they would have to make it too.
 */
public final class SharedMessage implements Topics.Shared, AutoCloseable {
    /** Sizes of window that there are, each with a place of its own in a map for so many. */
    private static final int WINDOWS = 8;

    private final Opcode opcode;
    private final byte[] payload;
    private final @Nullable Object key;
    private final AtomicInteger users = new AtomicInteger(1);
    private volatile @Nullable ByteBuf plain;
    private volatile @Nullable Map<Integer, ByteBuf> compressed;

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

    private ByteBuf compressed(Compressor compressor) {
        Map<Integer, ByteBuf> byWindow = compressed;
        if (byWindow == null) byWindow = firstCompressed();
        ByteBuf frame = byWindow.get(compressor.windowBits());
        return frame == null ? byWindow.computeIfAbsent(compressor.windowBits(), _ -> compress(compressor)) : frame;
    }

    private synchronized Map<Integer, ByteBuf> firstCompressed() {
        Map<Integer, ByteBuf> byWindow = compressed;
        if (byWindow == null) {
            byWindow = new ConcurrentHashMap<>(WINDOWS);
            compressed = byWindow;
        }
        return byWindow;
    }

    private ByteBuf compress(Compressor compressor) {
        ByteBuf frame = compressor.compressAlone(opcode, payload);
        return frame == null ? plain() : frame;
    }

    /** Nobody uses it any more. */
    private void free() {
        Map<Integer, ByteBuf> byWindow = compressed;
        if (byWindow != null) byWindow.values().forEach(ByteBuf::release);
        compressed = null;
        ByteBuf frame = plain;
        if (frame != null) frame.release();
        plain = null;
    }
}
