package dev.tidewire.protocol;

import static dev.tidewire.protocol.CloseCode.INVALID_PAYLOAD;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The payload of a message or control frame while its bytes come in; text is checked as they do (RFC 6455 §8.1).
 *
 * <p>Memory follows data: a header that announces much does not make it large, bytes do.
 */
final class Assembly implements Inflation.Output {
    /**
     * How many times what has arrived may be set aside for what was announced. One read of 64 KiB then makes room for a
     * frame of 1 MiB or two, so it is never moved; and a peer must still send a part of what it wants us to spend.
     */
    private static final int TRUST = 32;

    /** How much of a compressed payload is unmasked and inflated at a time. */
    private static final int COMPRESSED_BLOCK_BYTES = 8 * 1024;

    private static final byte[] EMPTY = {};

    private final Opcode opcode;
    private final int maxBytes;

    /** What the payload goes through, or null when it is not compressed. */
    private final @Nullable Inflation inflation;

    private final boolean inParts;

    private byte[] bytes = EMPTY;
    private int length;
    private int drained;
    private int fragments;
    private int utf8State = Utf8.COMPLETE;

    /**
     * @param maxBytes what the rules let it grow to; they are checked by the caller, except for a compressed message
     * @param inParts true when what comes in is {@linkplain #drain drained} at once
     */
    Assembly(Opcode opcode, int maxBytes, @Nullable Inflation inflation, boolean inParts) {
        this.inParts = inParts;
        this.opcode = opcode;
        this.maxBytes = maxBytes;
        this.inflation = inflation;
    }

    Opcode opcode() {
        return opcode;
    }

    /** Bytes so far, drained ones included. */
    int length() {
        return drained + length;
    }

    boolean isCompressed() {
        return inflation != null;
    }

    /** Frames begun so far. */
    int fragments() {
        return fragments;
    }

    void beginFragment() {
        fragments++;
    }

    /**
     * Takes {@code count} masked bytes off {@code in}.
     *
     * @param position of the first of them in its frame
     * @param announced bytes of the frame from {@code position} on, whether they are here or not
     * @param last true when the frame is the last one
     * @throws ProtocolViolation when this is a text that can no longer be UTF-8; and when the payload is compressed, but
     *     not as it should be, or too long
     */
    void take(ByteBuffer in, int count, int maskKey, int position, int announced, boolean last) {
        boolean ends = last && count == announced;
        if (inflation == null) {
            makeRoom(count, announced, last);
            Masking.read(in, bytes, length, count, maskKey, position);
            grow(count);
        } else if (count > 0 || ends) {
            inflate(inflation, in, count, maskKey, position, ends);
        }
    }

    /**
     * Where bytes go that are to come, behind those that are here; no room when they cannot go there as they come.
     *
     * @param announced bytes of the frame that are still missing
     * @param last true when the frame is the last one
     */
    ByteBuffer room(int announced, boolean last) {
        if (inflation != null) {
            return MessageReader.NO_ROOM;
        }
        if (length == bytes.length) {
            makeRoom(1, announced, last);
        }
        return ByteBuffer.wrap(bytes, length, Math.min(announced, bytes.length - length));
    }

    /** Takes {@code count} masked bytes that are in their {@link #room}; the first of them is the frame's byte number {@code position}. */
    void filled(int count, int maskKey, int position) {
        Masking.apply(bytes, length, length + count, maskKey, position);
        grow(count);
    }

    private void inflate(Inflation through, ByteBuffer in, int count, int maskKey, int position, boolean ends) {
        ByteBuf block = ByteBufAllocator.DEFAULT.directBuffer(Math.min(count, COMPRESSED_BLOCK_BYTES));
        try {
            int done = 0;
            do {
                int blockBytes = Math.min(count - done, COMPRESSED_BLOCK_BYTES);
                block.clear().writeBytes(in.slice(in.position(), blockBytes));
                in.position(in.position() + blockBytes);
                Masking.apply(block, 0, blockBytes, maskKey, position + done);
                done += blockBytes;
                through.inflate(block, ends && done == count, this);
            } while (done < count);
        } finally {
            block.release();
        }
    }

    /** Takes inflated bytes, none beyond the limit; a message that comes in one part gets an array of its length. */
    @Override
    public void take(ByteBuf inflated) {
        int count = inflated.readableBytes();
        long needed = (long) length + count;
        FrameRules.requireMessageFits(drained + needed, maxBytes);
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(needed, 2L * length), maxBytes));
        }
        inflated.readBytes(bytes, length, count);
        grow(count);
    }

    /** Counts bytes that are in their place. */
    private void grow(int count) {
        if (opcode == Opcode.TEXT) {
            utf8State = Utf8.validate(utf8State, bytes, length, length + count);
            requireUtf8(utf8State != Utf8.INVALID);
        }
        length += count;
    }

    /**
     * Gives what came in since the last call, which is then no longer held.
     *
     * @param last true when nothing follows
     * @throws ProtocolViolation when this is a text that ends inside a character
     */
    byte[] drain(boolean last) {
        requireUtf8(!last || utf8State == Utf8.COMPLETE);
        byte[] part = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        drained += length;
        length = 0;
        bytes = EMPTY;
        return part;
    }

    /**
     * Gives the whole payload; the assembly is of no use afterwards.
     *
     * @throws ProtocolViolation when this is a text that ends inside a character
     */
    byte[] finish() {
        requireUtf8(utf8State == Utf8.COMPLETE);
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** Refuses a text that {@link Utf8} has refused. */
    static void requireUtf8(boolean valid) {
        if (!valid) {
            throw new ProtocolViolation(INVALID_PAYLOAD, "RFC 6455 §8.1", "text is not UTF-8");
        }
    }

    private void makeRoom(int count, int announced, boolean last) {
        int needed = length + count;
        if (needed <= bytes.length) {
            return;
        }
        long room = inParts ? needed : Math.min((long) length + announced, (long) TRUST * needed);
        if (!last && !inParts) {
            room = Math.max(room, Math.min(2L * needed, maxBytes));
        }
        bytes = Arrays.copyOf(bytes, (int) room);
    }
}
