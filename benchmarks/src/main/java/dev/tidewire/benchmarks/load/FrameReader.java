package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;

/** Reads a server's frames however they are cut. */
final class FrameReader {
    private static final int LARGEST_HEADER_BYTES = 10;
    private static final int LARGEST_CONTROL_PAYLOAD_BYTES = 125;
    private static final int CONTROL = 0x08;

    private final Sink sink;
    private final byte[] header = new byte[LARGEST_HEADER_BYTES];
    private int headerRead;
    private long payloadLeft;
    private byte[] controlPayload = {};
    private boolean inMessage;
    private boolean compressed;

    FrameReader(Sink sink) {
        this.sink = sink;
    }

    /** Is told of what was read. */
    interface Sink {
        /** The next {@code length} bytes of {@code in} are payload of the current message; must not move its indices. */
        void payload(ByteBuf in, int length);

        /** The current message is complete. */
        void message(boolean compressed);

        void control(int opcode, byte[] payload);
    }

    /** True from the first fragment of a message to its last. */
    boolean inMessage() {
        return inMessage;
    }

    /** Takes bytes up to the end of a frame, or all there are. */
    void readFrame(ByteBuf in) {
        while (!headerIsComplete()) {
            if (!in.isReadable()) return;
            header(in.readByte());
        }
        readPayload(in);
        if (payloadLeft == 0) endFrame();
    }

    /** Takes one byte of a header. */
    void header(byte next) {
        header[headerRead++] = next;
        if (headerIsComplete()) startFrame();
    }

    private boolean headerIsComplete() {
        return headerRead >= 2 && headerRead == Wire.headerBytes(header[1]);
    }

    private void startFrame() {
        payloadLeft = header[1] & 0x7F;
        if (headerRead > 2) {
            payloadLeft = 0;
            for (int i = 2; i < headerRead; i++) {
                payloadLeft = (payloadLeft << 8) | (header[i] & 0xFF);
            }
        }
        if ((header[1] & Wire.MASKED) != 0) throw new Replies.WrongReply("the server masks");
        if (isControl()) {
            if (payloadLeft > LARGEST_CONTROL_PAYLOAD_BYTES)
                throw new Replies.WrongReply("a control frame is too long");
            controlPayload = new byte[(int) payloadLeft];
        } else {
            if (!inMessage) compressed = (header[0] & Wire.RSV1) != 0;
            inMessage = true;
        }
    }

    private void readPayload(ByteBuf in) {
        int length = (int) Math.min(payloadLeft, in.readableBytes());
        if (isControl()) {
            in.readBytes(controlPayload, controlPayload.length - (int) payloadLeft, length);
        } else {
            if (length > 0) sink.payload(in, length);
            in.skipBytes(length);
        }
        payloadLeft -= length;
    }

    private void endFrame() {
        headerRead = 0;
        if (isControl()) {
            sink.control(header[0] & 0x0F, controlPayload);
        } else if ((header[0] & Wire.FIN) != 0) {
            inMessage = false;
            sink.message(compressed);
        }
    }

    private boolean isControl() {
        return (header[0] & CONTROL) != 0;
    }
}
