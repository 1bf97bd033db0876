package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** RFC 7692 §7.2 done plainly, on whole arrays with {@code java.util.zip}; contexts are taken over until it is closed. */
final class SecondOpinion implements AutoCloseable {
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    private final Deflater deflater = new Deflater(6, true);
    private final Inflater inflater = new Inflater(true);

    /** The payload of a message that is not empty. */
    byte[] deflate(byte[] message) {
        deflater.setInput(message);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        int count;
        do {
            count = deflater.deflate(piece, 0, piece.length, Deflater.SYNC_FLUSH);
            out.write(piece, 0, count);
        } while (count == piece.length);
        byte[] flushed = out.toByteArray();
        return Arrays.copyOf(flushed, flushed.length - TAIL.length);
    }

    byte[] inflate(byte[] payload) {
        byte[] withTail = Arrays.copyOf(payload, payload.length + TAIL.length);
        System.arraycopy(TAIL, 0, withTail, payload.length, TAIL.length);
        inflater.setInput(withTail);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        try {
            int count;
            while ((count = inflater.inflate(piece)) > 0) {
                out.write(piece, 0, count);
            }
        } catch (DataFormatException notDeflate) {
            throw new IllegalArgumentException(notDeflate);
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        deflater.end();
        inflater.end();
    }

    static byte[] takeAll(ByteBuf buffer) {
        byte[] bytes = ByteBufUtil.getBytes(buffer);
        buffer.clear();
        return bytes;
    }

    static ByteBuf wrap(byte[] bytes) {
        return Unpooled.wrappedBuffer(bytes);
    }
}
