package dev.tidewire.protocol;

import static dev.tidewire.protocol.CloseCode.MESSAGE_TOO_BIG;
import static dev.tidewire.protocol.CloseCode.PROTOCOL_ERROR;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** Single frames as byte arrays, for programs that carry them over something other than a connection of ours. */
public final class Frames {
    private static final String FRAMING = "RFC 6455 §5.2";

    private Frames() {}

    /**
     * The bytes of one frame.
     *
     * @param payload not changed
     * @param fin false when more fragments follow; control frames have it whatever is said here (RFC 6455 §5.4)
     * @param mask true for a frame that a client sends
     * @param random where the mask key comes from; not asked when {@code mask} is false
     * @throws IllegalArgumentException when {@code payload} is one that {@link #unpack} would refuse
     */
    public static byte[] pack(byte[] payload, Opcode opcode, boolean fin, boolean mask, RandomGenerator random) {
        boolean last = fin || opcode.isControl();
        requireLegal(payload, opcode, last);
        byte[] frame = new byte[FrameWriter.headerBytes(payload.length, mask) + payload.length];
        ByteBuf out = Unpooled.wrappedBuffer(frame).clear();
        if (mask) {
            FrameWriter.writeMasked(out, opcode, last, false, payload, random.nextInt());
        } else {
            FrameWriter.write(out, opcode, last, payload);
        }
        return frame;
    }

    /**
     * The first frame in {@code bytes}, masked or not; what follows it is ignored, and the array is not changed.
     *
     * @throws ProtocolViolation when the frame is not all there, or no peer could send it without extensions
     */
    public static UnpackedFrame unpack(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (FrameHeader.sizeOf(in) > in.remaining()) {
            throw new ProtocolViolation(PROTOCOL_ERROR, FRAMING, "frame ends inside its header");
        }
        int start = FrameHeader.readStart(in);
        long payloadLength = FrameHeader.readLength(in, start);
        int maskKey = FrameHeader.readMaskKey(in, start);
        FrameRules.checkAlone(start, payloadLength);
        byte[] payload = new byte[requireAllThere(payloadLength, in.remaining())];
        Masking.read(in, payload, 0, payload.length, maskKey, 0);
        checkPayload(payload, FrameHeader.opcode(start), FrameHeader.fin(start));
        return new UnpackedFrame(FrameHeader.fin(start), FrameHeader.opcode(start), payload);
    }

    private static int requireAllThere(long announced, int present) {
        if (announced > Integer.MAX_VALUE) {
            throw new ProtocolViolation(
                    MESSAGE_TOO_BIG, "RFC 6455 §10.4", "payload of " + announced + " bytes is over 2147483647");
        }
        if (announced > present) {
            throw new ProtocolViolation(
                    PROTOCOL_ERROR, FRAMING, "frame announces " + announced + " bytes of payload and has " + present);
        }
        return (int) announced;
    }

    /** What can be said of a payload by itself: a whole text and a close reason are UTF-8, a close code is a legal one. */
    private static void checkPayload(byte[] payload, Opcode opcode, boolean fin) {
        if (opcode == Opcode.CLOSE) {
            ClosePayload.parse(payload);
        } else if (opcode == Opcode.TEXT) {
            Assembly.requireUtf8(!fin || Utf8.isValid(payload));
        }
    }

    private static void requireLegal(byte[] payload, Opcode opcode, boolean fin) {
        if (opcode.isControl() && payload.length > FrameRules.MAX_CONTROL_BYTES) {
            throw new IllegalArgumentException(
                    "control payload must be at most 125 bytes (RFC 6455 §5.5), was " + payload.length);
        }
        try {
            checkPayload(payload, opcode, fin);
        } catch (ProtocolViolation wouldBeRefused) {
            throw new IllegalArgumentException(wouldBeRefused.getMessage(), wouldBeRefused);
        }
    }
}
