package dev.tidewire.protocol.deflate;

import static dev.tidewire.protocol.CloseCode.INVALID_PAYLOAD;

import dev.tidewire.protocol.Inflation;
import dev.tidewire.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;

/** What undoes the compression of messages as RFC 7692 §7.2.2 wants it, a bounded piece at a time. Not thread-safe. */
final class MessageInflater implements Context {
    /** The most that is inflated before somebody looks at it; what a bomb can cost beyond the limit on messages. */
    static final int PIECE_BYTES = 16 * 1024;

    /** What senders leave out. */
    private static final int TAIL = 0x0000_FFFF;

    /** The two bytes of a final block that holds only its end (RFC 1951 §3.2.6), when its padding is zeros. */
    private static final int EMPTY_FINAL_BLOCK = 0x0300;

    /** All bits of them but the padding. */
    private static final int TEN_BITS = 0xFF03;

    private final InflateStream stream;
    private final AtomicInteger live;
    private boolean finalBlockEnded;
    private boolean messageBegun;
    private boolean closed;

    /** @param live counts this one until it is closed */
    MessageInflater(InflateStream stream, AtomicInteger live) {
        this.stream = stream;
        this.live = live;
        live.incrementAndGet();
    }

    /** As {@link Inflation#inflate}. */
    void inflate(ByteBuf compressed, boolean last, Inflation.Output out) {
        if (closed) {
            throw new IllegalStateException("inflater is closed");
        }
        ByteBuf piece = compressed.alloc().directBuffer(PIECE_BYTES, PIECE_BYTES);
        try {
            messageBegun |= compressed.isReadable();
            takeIn(compressed, piece, out);
            if (last) {
                end(piece, out);
                messageBegun = false;
            }
        } finally {
            piece.release();
        }
    }

    @Override
    public void reset() {
        stream.reset();
        finalBlockEnded = false;
        messageBegun = false;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stream.close();
            live.decrementAndGet();
        }
    }

    /**
     * The answer to data that is not DEFLATE: 1007, for its frames are in order and say what it should be, but it is not
     * (RFC 6455 §7.4.1).
     */
    static ProtocolViolation violation() {
        return new ProtocolViolation(INVALID_PAYLOAD, "RFC 7692 §7.2.2", "compressed data is not DEFLATE");
    }

    private void takeIn(ByteBuf compressed, ByteBuf piece, Inflation.Output out) {
        if (NativeMemory.holds(compressed)) {
            drain(compressed, piece, out);
            return;
        }
        ByteBuf copy = compressed.alloc().directBuffer(compressed.readableBytes());
        try {
            drain(copy.writeBytes(compressed), piece, out);
        } finally {
            copy.release();
        }
    }

    /**
     * Takes all of {@code in} and gives all that comes of it. A final block ends its stream, and what follows in the next
     * byte is another one (RFC 7692 §7.2.1, §7.2.3.4).
     */
    private void drain(ByteBuf in, ByteBuf piece, Inflation.Output out) {
        boolean more = in.isReadable();
        while (more) {
            if (finalBlockEnded) {
                skipEmptyFinalBlocks(in);
                if (!in.isReadable()) {
                    return;
                }
                stream.restart();
            }
            finalBlockEnded = stream.inflate(in, piece.clear());
            more = finalBlockEnded ? in.isReadable() : !piece.isWritable();
            if (piece.isReadable()) {
                out.take(piece);
            }
        }
    }

    /** They say nothing, and for two bytes of a peer's {@link JdkStreams} would copy a window of 32 KiB to restart. */
    private static void skipEmptyFinalBlocks(ByteBuf in) {
        while (in.readableBytes() >= 2 && (in.getUnsignedShort(in.readerIndex()) & TEN_BITS) == EMPTY_FINAL_BLOCK) {
            in.skipBytes(2);
        }
    }

    /**
     * Adds what the sender left out, after which a block must have ended. Nothing is left out of a message that ends with a
     * final block of its own: not as §7.2.1 wants it, but there is only one thing that it can mean.
     */
    private void end(ByteBuf piece, Inflation.Output out) {
        if (finalBlockEnded && messageBegun) {
            return;
        }
        ByteBuf tail = piece.alloc().directBuffer(Integer.BYTES).writeInt(TAIL);
        try {
            drain(tail, piece, out);
        } finally {
            tail.release();
        }
        if (!finalBlockEnded && !stream.isBetweenBlocks()) {
            throw new ProtocolViolation(INVALID_PAYLOAD, "RFC 7692 §7.2.2", "compressed message ends inside a block");
        }
    }
}
