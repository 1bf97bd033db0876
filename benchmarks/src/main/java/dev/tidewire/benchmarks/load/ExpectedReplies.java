package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Replies whose bytes are known beforehand: what comes is compared with them as it lies, frames and all, which costs next to
 * nothing. Only where the two part, at a control frame or at a message cut into fragments, are frames read one by one.
 */
final class ExpectedReplies implements Replies {
    private final MemorySegment expected;
    private final int cycleBytes;
    private final int unitBytes;
    private final FrameReader frames;
    private final Control control;

    /** Where in the cycle the next byte belongs. */
    private int at;
    /** While frames are read one by one: the payload that has come of the current unit. */
    private int payloadRead;

    private boolean byFrames;
    private int completed;

    /** @param expected one cycle of {@code units} frames of the same length, twice */
    ExpectedReplies(MemorySegment expected, int units, Control control) {
        this.expected = expected;
        this.cycleBytes = (int) (expected.byteSize() / 2);
        this.unitBytes = cycleBytes / units;
        this.control = control;
        this.frames = new FrameReader(new Parts());
    }

    @Override
    public int read(ByteBuf in) {
        completed = 0;
        while (in.isReadable()) {
            if (byFrames) {
                frames.readFrame(in);
            } else {
                compare(in);
            }
        }
        return completed;
    }

    private void compare(ByteBuf in) {
        int length = Math.min(in.readableBytes(), cycleBytes);
        MemorySegment came = MemorySegment.ofBuffer(in.internalNioBuffer(in.readerIndex(), length));
        long difference = MemorySegment.mismatch(came, 0, length, expected, at, at + length);
        int same = difference < 0 ? length : (int) difference;
        in.skipBytes(same);
        completed += (at % unitBytes + same) / unitBytes;
        at = (at + same) % cycleBytes;
        if (difference >= 0) startFrames();
    }

    /** What was already taken of a header, since it is the same, is read from the expected bytes. */
    private void startFrames() {
        int taken = at % unitBytes;
        if (taken >= headerBytes()) throw new WrongReply("wrong content in byte " + taken + " of a reply");
        at -= taken;
        byFrames = true;
        payloadRead = 0;
        for (int i = 0; i < taken; i++) {
            frames.header(expectedByte(at + i));
        }
    }

    private int headerBytes() {
        return Wire.headerBytes(expectedByte(at - at % unitBytes + 1));
    }

    private byte expectedByte(int index) {
        return expected.get(ValueLayout.JAVA_BYTE, index);
    }

    /** Puts a reply together again whatever pieces it comes in. */
    private final class Parts implements FrameReader.Sink {
        @Override
        public void payload(ByteBuf in, int length) {
            int header = headerBytes();
            if (header + payloadRead + length > unitBytes) throw new WrongReply("a reply is too long");
            MemorySegment came = MemorySegment.ofBuffer(in.internalNioBuffer(in.readerIndex(), length));
            int from = at + header + payloadRead;
            if (MemorySegment.mismatch(came, 0, length, expected, from, from + length) >= 0) {
                throw new WrongReply("wrong content in a reply");
            }
            payloadRead += length;
        }

        @Override
        public void message(boolean compressed) {
            if (headerBytes() + payloadRead != unitBytes) throw new WrongReply("a reply is too short: " + payloadRead);
            at = (at + unitBytes) % cycleBytes;
            payloadRead = 0;
            completed++;
            byFrames = false;
        }

        @Override
        public void control(int opcode, byte[] payload) {
            byFrames = payloadRead > 0 || frames.inMessage();
            control.control(opcode, payload);
        }
    }
}
