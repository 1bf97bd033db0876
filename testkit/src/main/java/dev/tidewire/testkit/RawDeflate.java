package dev.tidewire.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** One end of permessage-deflate by the JDK's zlib, remembering earlier messages in both directions (RFC 7692 §7.2). */
public final class RawDeflate implements AutoCloseable {
    private static final int RSV1 = 4;
    /** An empty block, which messages leave out at their end. */
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    private final Inflater inflater = new Inflater(true);
    private final byte[] room = new byte[1 << 16];

    /** One that has sent and read nothing yet. */
    public RawDeflate() {}

    /** The payload that a message is sent as. */
    public byte[] deflate(byte[] message) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        deflater.setInput(message);
        int length;
        do {
            length = deflater.deflate(room, 0, room.length, Deflater.SYNC_FLUSH);
            out.write(room, 0, length);
        } while (length == room.length);
        byte[] flushed = out.toByteArray();
        return Arrays.copyOf(flushed, flushed.length - TAIL.length);
    }

    /** As {@link #deflate(byte[])}, of text. */
    public byte[] deflate(String message) {
        return deflate(message.getBytes(UTF_8));
    }

    /**
     * The message that was sent as {@code payload}.
     *
     * @throws IllegalArgumentException when nothing can have been sent as that
     */
    public byte[] inflate(byte[] payload) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        inflateInto(out, payload);
        inflateInto(out, TAIL);
        return out.toByteArray();
    }

    /** The text of a whole message in one frame, compressed or not, as the frame says. */
    public String text(RawFrame message) {
        return message.rsv() == RSV1 ? new String(inflate(message.payload()), UTF_8) : message.text();
    }

    private void inflateInto(ByteArrayOutputStream out, byte[] input) {
        inflater.setInput(input);
        try {
            for (int length = inflater.inflate(room); length > 0; length = inflater.inflate(room)) {
                out.write(room, 0, length);
            }
        } catch (DataFormatException notDeflate) {
            throw new IllegalArgumentException(notDeflate);
        }
    }

    @Override
    public void close() {
        deflater.end();
        inflater.end();
    }
}
