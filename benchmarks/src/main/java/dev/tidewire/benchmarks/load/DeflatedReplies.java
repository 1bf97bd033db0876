package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Replies whose bytes are the server's choice: each is inflated and compared with what was sent. */
final class DeflatedReplies implements Replies {
    /** What RFC 7692 §7.2.2 puts behind each message. */
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    private final Exchange exchange;
    private final FrameReader frames;
    /** One context for all messages: it also reads those that do not refer to it. */
    private final Inflater inflater = new Inflater(true);

    private byte[] message = new byte[4096];
    private int messageBytes;
    private final byte[] inflated;
    private long units;
    private int completed;

    DeflatedReplies(Exchange exchange, Control control) {
        this.exchange = exchange;
        this.inflated = new byte[exchange.largestPayloadBytes() + 1];
        this.frames = new FrameReader(new Whole(control));
    }

    @Override
    public int read(ByteBuf in) {
        completed = 0;
        while (in.isReadable()) {
            frames.readFrame(in);
        }
        return completed;
    }

    @Override
    public void close() {
        inflater.end(); // what it takes is outside the heap, so that no collection would be in a hurry
    }

    private void check(boolean compressed) {
        byte[] expected = exchange.payload(units++);
        if (!compressed) throw new WrongReply("a reply is not compressed");
        append(TAIL);
        int length = inflate();
        if (!Arrays.equals(inflated, 0, length, expected, 0, expected.length))
            throw new WrongReply("wrong content in a reply");
        messageBytes = 0;
        completed++;
    }

    private int inflate() {
        try {
            inflater.setInput(message, 0, messageBytes);
            return inflater.inflate(inflated);
        } catch (DataFormatException e) {
            throw new WrongReply("a reply cannot be inflated: " + e.getMessage());
        }
    }

    private void append(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, message, messageBytes, bytes.length);
        messageBytes += bytes.length;
    }

    private void reserve(int length) {
        if (messageBytes + length > message.length) message = Arrays.copyOf(message, 2 * (messageBytes + length));
    }

    private final class Whole implements FrameReader.Sink {
        private final Control control;

        Whole(Control control) {
            this.control = control;
        }

        @Override
        public void payload(ByteBuf in, int length) {
            reserve(length);
            in.getBytes(in.readerIndex(), message, messageBytes, length);
            messageBytes += length;
        }

        @Override
        public void message(boolean compressed) {
            check(compressed);
        }

        @Override
        public void control(int opcode, byte[] payload) {
            control.control(opcode, payload);
        }
    }
}
