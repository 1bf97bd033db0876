package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.Deflater;

/**
 * What a client says over and over and what must come back: a cycle of units, each of one or more frames and its one reply.
 *
 * <p>All frames lie ready, masked with keys of their own, and each payload carries its place in the cycle, so that a reply that
 * is lost, doubled or someone else's shows. Both directions are stored twice in a row: any stretch up to one cycle long is one
 * piece of memory.
 */
final class Exchange {
    private static final int MOST_UNITS = 64;
    private static final int MOST_CYCLE_BYTES = 1 << 20;
    private static final int TAG_BYTES = 8;
    private static final byte[] PING_PAYLOAD = "taken in".getBytes(StandardCharsets.US_ASCII);

    private final int messages;
    private final byte[][] payloads;
    private final ByteBuf outgoing = Unpooled.directBuffer();
    private final int[] starts;
    private final ByteBuf replies = Unpooled.directBuffer();
    private final boolean deflated;

    /** Writes one unit: frames to {@code outgoing}, and what must come back to {@code replies}. */
    private interface Unit {
        void write(byte[] payload, ByteBuf outgoing, ByteBuf replies);
    }

    private Exchange(int messages, byte[][] payloads, boolean deflated, Unit unit) {
        this.messages = messages;
        this.payloads = payloads;
        this.deflated = deflated;
        this.starts = new int[2 * payloads.length + 1];
        for (int i = 0; i < 2 * payloads.length; i++) {
            unit.write(payloads[i % payloads.length], outgoing, replies);
            starts[i + 1] = outgoing.writerIndex();
        }
    }

    /** Each message comes back. */
    static Exchange echo(int payloadBytes) {
        Random random = new Random(payloadBytes);
        return new Exchange(1, tagged(payloadBytes), false, (payload, outgoing, replies) -> {
            Wire.writeMasked(outgoing, Wire.FIN | Wire.BINARY, payload, random.nextInt());
            Wire.writePlain(replies, Wire.FIN | Wire.BINARY, payload);
        });
    }

    /** No message comes back; a ping behind each {@code window} of them shows that they were taken in. */
    static Exchange oneWay(int payloadBytes, int window) {
        Random random = new Random(payloadBytes);
        byte[][] payloads = {tagged(payloadBytes)[0]};
        return new Exchange(window, payloads, false, (payload, outgoing, replies) -> {
            for (int i = 0; i < window; i++) {
                Wire.writeMasked(outgoing, Wire.FIN | Wire.BINARY, payload, random.nextInt());
            }
            Wire.writeMasked(outgoing, Wire.FIN | Wire.PING, PING_PAYLOAD, random.nextInt());
            Wire.writePlain(replies, Wire.FIN | Wire.PONG, PING_PAYLOAD);
        });
    }

    /**
     * Each message goes out compressed and comes back compressed, in bytes that are the server's choice. Ours never refer to an
     * earlier message, whatever was agreed.
     */
    static Exchange deflatedEcho(int atLeastPayloadBytes) {
        Random random = new Random(atLeastPayloadBytes);
        byte[][] payloads = new byte[MOST_UNITS][];
        Arrays.setAll(payloads, i -> Json.document(atLeastPayloadBytes, random));
        return new Exchange(
                1,
                payloads,
                true,
                (payload, outgoing, replies) -> Wire.writeMasked(
                        outgoing, Wire.FIN | Wire.RSV1 | Wire.TEXT, deflate(payload), random.nextInt()));
    }

    /** Messages in one unit. */
    int messages() {
        return messages;
    }

    int units() {
        return payloads.length;
    }

    byte[] payload(long unit) {
        return payloads[(int) (unit % payloads.length)];
    }

    int largestPayloadBytes() {
        return Arrays.stream(payloads).mapToInt(payload -> payload.length).max().orElseThrow();
    }

    /** The frames of {@code count} units from {@code first} on, at most one cycle of them; the caller releases. */
    ByteBuf frames(long first, int count) {
        int from = (int) (first % payloads.length);
        return outgoing.retainedSlice(starts[from], starts[from + count] - starts[from]);
    }

    /** What reads the replies on one connection. */
    Replies reader(Replies.Control control) {
        return deflated
                ? new DeflatedReplies(this, control)
                : new ExpectedReplies(MemorySegment.ofBuffer(replies.nioBuffer()), payloads.length, control);
    }

    /** Frees it; nobody uses it any more. */
    void release() {
        outgoing.release();
        replies.release();
    }

    boolean deflated() {
        return deflated;
    }

    private static byte[][] tagged(int payloadBytes) {
        Random random = new Random(payloadBytes);
        byte[] common = new byte[payloadBytes];
        random.nextBytes(common);
        byte[][] payloads = new byte[units(payloadBytes)][];
        for (int i = 0; i < payloads.length; i++) {
            byte[] tag = HexFormat.of().toHexDigits(i * 0x9E3779B9).getBytes(StandardCharsets.US_ASCII);
            int length = Math.min(TAG_BYTES, payloadBytes);
            payloads[i] = common.clone();
            System.arraycopy(tag, 0, payloads[i], 0, length);
            System.arraycopy(tag, 0, payloads[i], payloadBytes - length, length);
        }
        return payloads;
    }

    private static int units(int payloadBytes) {
        return Math.clamp(MOST_CYCLE_BYTES / Math.max(1, payloadBytes), 1, MOST_UNITS);
    }

    /** As RFC 7692 §7.2.1 has it: without the last four bytes of the empty block at the end. */
    private static byte[] deflate(byte[] payload) {
        try (Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true)) {
            deflater.setInput(payload);
            byte[] buffer = new byte[payload.length + 64];
            int length = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
            return Arrays.copyOf(buffer, length - 4);
        }
    }
}
