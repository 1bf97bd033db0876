package dev.tidewire.verification.conformance;

import dev.tidewire.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A frame, legal or not, as a table describes it (RFC 6455 §5.2). Written without a look at the server's code: it is the second
 * opinion.
 *
 * @param head      the first byte: FIN, three reserved bits, opcode
 * @param mask      how it is masked when a client sends it
 * @param width     bytes of the length field
 * @param announced what the length field says, mostly the payload's length
 * @param payload   unmasked
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its bytes on the wire, never as a record
record WireFrame(int head, Mask mask, Width width, long announced, byte[] payload) {
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;

    /** What goes before a client's payload. */
    sealed interface Mask {
        /** No key at all, which is illegal. */
        record Absent() implements Mask {}

        /** Another key for each frame. */
        record Random() implements Mask {}

        /** This key. */
        record Key(int key) implements Mask {}
    }

    /** The three forms of the length field. */
    enum Width {
        SEVEN_BITS,
        TWO_BYTES,
        EIGHT_BYTES;

        /** The only one that is legal for this length. */
        static Width shortest(long length) {
            return length < 126 ? SEVEN_BITS : length < 65_536 ? TWO_BYTES : EIGHT_BYTES;
        }
    }

    int opcode() {
        return head & 0x0F;
    }

    boolean isControl() {
        return opcode() >= 8;
    }

    /** As a client sends it. */
    byte[] fromClient(RandomGenerator random) {
        return switch (mask) {
            case Mask.Absent() -> fromServer();
            case Mask.Random() -> masked(random.nextInt());
            case Mask.Key(int key) -> masked(key);
        };
    }

    /** As a server sends it. */
    byte[] fromServer() {
        ByteBuffer frame = ByteBuffer.allocate(10 + payload.length);
        writeHeader(frame, 0);
        return written(frame.put(payload));
    }

    /** The same frame with other reserved bits and another payload. */
    WireFrame with(int rsv, byte[] otherPayload) {
        int otherHead = (head & ~0x70) | rsv << 4;
        return new WireFrame(otherHead, mask, Width.shortest(otherPayload.length), otherPayload.length, otherPayload);
    }

    /** The fragments that carry this message, each of so many bytes but the last. */
    List<WireFrame> inFragmentsOf(int bytes) {
        List<WireFrame> fragments = new ArrayList<>();
        for (int from = 0; from < payload.length; from += bytes) {
            byte[] part = Arrays.copyOfRange(payload, from, Math.min(from + bytes, payload.length));
            int first = from == 0 ? head & ~FIN : 0;
            int last = from + bytes >= payload.length ? FIN : 0;
            fragments.add(new WireFrame(first | last, mask, Width.shortest(part.length), part.length, part));
        }
        return fragments;
    }

    /** Reads a frame that a server sent. */
    static WireFrame read(RawClient client) {
        byte[] start = client.read(2);
        int lengthBits = start[1] & 0xFF;
        if ((lengthBits & MASKED) != 0) throw new AssertionError("the server masked a frame");
        Width width = lengthBits < 126 ? Width.SEVEN_BITS : lengthBits == 126 ? Width.TWO_BYTES : Width.EIGHT_BYTES;
        long length = switch (width) {
            case SEVEN_BITS -> lengthBits;
            case TWO_BYTES -> ByteBuffer.wrap(client.read(2)).getShort() & 0xFFFF;
            case EIGHT_BYTES -> ByteBuffer.wrap(client.read(8)).getLong();
        };
        byte[] payload = client.read(Math.toIntExact(length));
        return new WireFrame(start[0] & 0xFF, new Mask.Absent(), width, length, payload);
    }

    private byte[] masked(int key) {
        ByteBuffer frame = ByteBuffer.allocate(14 + payload.length);
        writeHeader(frame, MASKED);
        frame.putInt(key);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ (key >>> (24 - i % 4 * 8))));
        }
        return written(frame);
    }

    private void writeHeader(ByteBuffer frame, int masked) {
        frame.put((byte) head);
        switch (width) {
            case SEVEN_BITS -> frame.put((byte) (masked | announced));
            case TWO_BYTES -> frame.put((byte) (masked | 126)).putShort((short) announced);
            case EIGHT_BYTES -> frame.put((byte) (masked | 127)).putLong(announced);
        }
    }

    private static byte[] written(ByteBuffer frame) {
        byte[] bytes = new byte[frame.flip().remaining()];
        frame.get(bytes);
        return bytes;
    }

    @Override
    public String toString() {
        int shown = Math.min(payload.length, 40);
        String bytes = HexFormat.of().formatHex(payload, 0, shown) + (shown < payload.length ? "..." : "");
        return "frame " + HexFormat.of().toHexDigits((byte) head) + ", " + announced + " bytes in " + width + " <"
                + bytes + '>';
    }
}
