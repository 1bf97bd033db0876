package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.protocol.deflate.DeflaterPool;
import dev.tidewire.protocol.deflate.Deflation;
import dev.tidewire.server.internal.engine.SendBuffers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Compresses what one connection sends (RFC 7692).
 *
 * <p>Where each message is compressed by itself, the thread that pushes does it. Where a message may refer to those before, and
 * for messages in fragments, compression must follow the order of sending, so the loop does it: such frames come to it as they
 * are, with the {@linkplain #MARK second reserved bit} as the mark.
 *
 * <p>Threads: {@link #compressAlone} and {@link #isWorthwhile} any; the rest the connection's loop.
 */
final class Compressor {
    /** In the first byte of a frame between a pushing thread and the loop: to be compressed. Never on the wire. */
    static final int MARK = 0x20;

    private static final int RSV1 = 0x40;
    private static final int MAX_HEADER_BYTES = 10;
    /** Copying a frame pays from so many unused bytes. */
    private static final int SPARE_BYTES = 512;

    private final DeflaterPool pool;
    private final DeflateAgreement agreement;
    private final Deflation deflation;
    private final int minMessageBytes;
    private boolean messageOpen;
    private long lastUsedNanos;

    Compressor(DeflaterPool pool, DeflateAgreement agreement, int minMessageBytes) {
        this.pool = pool;
        this.agreement = agreement;
        this.deflation = pool.open(agreement);
        this.minMessageBytes = minMessageBytes;
    }

    /** True for a message, or the first fragment of one, that is long enough to gain by it. */
    boolean isWorthwhile(int payloadBytes) {
        return payloadBytes >= minMessageBytes;
    }

    /** True when whole messages are compressed without regard to those before. */
    boolean compressesAlone() {
        return agreement.serverNoContextTakeover();
    }

    /** True when idle connections would keep a context that they can do without. */
    boolean keepsContext() {
        return !agreement.serverNoContextTakeover();
    }

    /** The window that whatever is sent must fit. */
    int windowBits() {
        return agreement.serverMaxWindowBits();
    }

    /** The frame of a whole message, compressed; null when that would not make it shorter. */
    @Nullable
    ByteBuf compressAlone(Opcode opcode, byte[] payload) {
        return compressAlone(pool, agreement.serverMaxWindowBits(), opcode, payload);
    }

    /** {@link #compressAlone(Opcode, byte[])} for every connection whose window is at least this one. */
    static @Nullable ByteBuf compressAlone(DeflaterPool pool, int windowBits, Opcode opcode, byte[] payload) {
        ByteBuf frame = withoutHeader(payload.length);
        boolean done = false;
        try {
            pool.deflateAlone(Unpooled.wrappedBuffer(payload), windowBits, frame);
            if (frame.readableBytes() >= payload.length) return null;
            ByteBuf fitted = fitted(putHeader(frame, opcode, true, true));
            done = true;
            return fitted;
        } finally {
            if (!done) frame.release();
        }
    }

    /** True when a frame that is next to be sent has to come through {@link #compress}. */
    boolean takes(int firstByte) {
        return (firstByte & MARK) != 0 || (messageOpen && (firstByte & 0x0F) == Opcode.CONTINUATION.code());
    }

    /** The frame to send in place of {@code frame}, which it takes. */
    ByteBuf compress(ByteBuf frame) {
        int first = frame.getByte(frame.readerIndex()) & ~MARK;
        Opcode opcode = Opcode.of(first & 0x0F);
        boolean fin = (first & 0x80) != 0;
        frame.setByte(frame.readerIndex(), first);
        int start = frame.readerIndex();
        ByteBuf compressed = deflate(frame.skipBytes(headerBytes(frame)), opcode, fin);
        messageOpen = !fin;
        if (fin && opcode != Opcode.CONTINUATION && compressed.readableBytes() >= frame.writerIndex() - start) {
            // Sent as it came; the receiver's memory is then no longer ours.
            deflation.restart();
            compressed.release();
            return frame.readerIndex(start);
        }
        frame.release();
        return compressed;
    }

    /**
     * Gives up the context when nothing was compressed since {@code nanos}; what comes next does not refer back.
     *
     * @return false when it is still in use
     */
    boolean restartIfUnusedSince(long nanos) {
        if (messageOpen || lastUsedNanos - nanos > 0) return false;
        deflation.restart();
        return true;
    }

    /**
     * Forgets what was sent before, if the frame with this first byte is sent as another connection's or thread's compressor made it:
     * the receiver's memory is then no longer ours. To share a message among many costs less than to keep the memory of each.
     */
    void compressedElsewhere(int firstByte) {
        if ((firstByte & RSV1) != 0 && keepsContext()) deflation.restart();
    }

    void close() {
        deflation.close();
    }

    private ByteBuf deflate(ByteBuf payload, Opcode opcode, boolean fin) {
        lastUsedNanos = System.nanoTime();
        ByteBuf compressed = withoutHeader(payload.readableBytes());
        boolean done = false;
        try {
            deflation.deflate(payload, fin, compressed);
            putHeader(compressed, opcode, fin, opcode != Opcode.CONTINUATION);
            // A short one is copied into the batch at once.
            ByteBuf fitted = compressed.readableBytes() > SendBuffers.SHORT_BYTES ? fitted(compressed) : compressed;
            done = true;
            return fitted;
        } finally {
            if (!done) compressed.release();
        }
    }

    private static int headerBytes(ByteBuf frame) {
        return FrameWriter.headerBytes(lengthOf(frame), false);
    }

    private static int lengthOf(ByteBuf frame) {
        int length = frame.getByte(frame.readerIndex() + 1) & 0x7F;
        return length < 126 ? length : frame.readableBytes() - (length == 126 ? 4 : 10);
    }

    /** A buffer with room before its payload for any header. */
    private static ByteBuf withoutHeader(int payloadBytes) {
        ByteBuf frame = SendBuffers.allocate(MAX_HEADER_BYTES + 64 + payloadBytes / 2);
        return frame.setIndex(MAX_HEADER_BYTES, MAX_HEADER_BYTES);
    }

    private static ByteBuf putHeader(ByteBuf frame, Opcode opcode, boolean fin, boolean rsv1) {
        int end = frame.writerIndex();
        int payloadBytes = end - MAX_HEADER_BYTES;
        int start = MAX_HEADER_BYTES - FrameWriter.headerBytes(payloadBytes, false);
        frame.setIndex(start, start);
        FrameWriter.writeHeader(frame, opcode, fin, rsv1, payloadBytes);
        return frame.writerIndex(end);
    }

    /** The frame, which may have to wait, in no more memory than it needs: what compresses well leaves most of its buffer empty. */
    private static ByteBuf fitted(ByteBuf frame) {
        int bytes = frame.readableBytes();
        if (frame.capacity() <= 2 * bytes + SPARE_BYTES) return frame;
        ByteBuf fitted = SendBuffers.allocate(bytes).writeBytes(frame);
        frame.release();
        return fitted;
    }
}
