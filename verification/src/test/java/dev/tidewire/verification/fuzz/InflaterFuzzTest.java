package dev.tidewire.verification.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tidewire.protocol.Inflation;
import dev.tidewire.protocol.ProtocolViolation;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.verification.model.PlainInflater;
import dev.tidewire.verification.model.PlainInflater.Inflated;
import dev.tidewire.verification.model.PlainInflater.State;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** Whatever the compressed payloads of a connection are, {@link Inflation} makes of them what {@link PlainInflater} does. */
class InflaterFuzzTest {
    /** Enough for many pieces; what fits into the longest input can be a hundred times as long. */
    private static final int MOST_BYTES = 256 * 1024;

    /** No inflater gives more than this at once. */
    private static final int PIECE_BYTES = 16 * 1024;

    @FuzzTest(maxDuration = "10m")
    void whatComesOutIsWhatThePlainInflaterSays(byte[] data) {
        Input input = new Input(data);
        int flags = input.choice();
        boolean alone = (flags & 2) != 0;
        boolean onHeap = (flags & 4) != 0;
        int windowBits = 8 + (input.choice() & 7);
        Cuts cuts = new Cuts(input.choice());
        PlainInflater plain = new PlainInflater(windowBits, !alone);
        var agreement = new DeflateAgreement(true, alone, 15, windowBits, "");
        try (Inflation inflation = Libraries.inflaters((flags & 1) != 0).open(agreement)) {
            boolean goesOn = true;
            while (goesOn && !input.isEmpty()) {
                byte[] payload = input.take(input.number());
                goesOn = agree(payload, plain, inflation, cuts, onHeap);
            }
        }
        Libraries.assertNothingIsHeld();
    }

    /** False when nothing more is to be known of this connection. */
    private static boolean agree(byte[] payload, PlainInflater plain, Inflation inflation, Cuts cuts, boolean onHeap) {
        Inflated expected = plain.inflate(payload, true, MOST_BYTES);
        if (expected.bytes().length == MOST_BYTES) {
            return false;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean refused = isRefused(payload, inflation, cuts, onHeap, out);
        byte[] told = out.toByteArray();
        if (expected.beyondWindow() && refused) {
            return false;
        }
        assertThat(refused).as(expected.problem()).isEqualTo(expected.state() == State.BAD);
        assertThat(told).isEqualTo(refused ? Arrays.copyOf(expected.bytes(), told.length) : expected.bytes());
        return !refused && !expected.beyondWindow();
    }

    private static boolean isRefused(
            byte[] payload, Inflation inflation, Cuts cuts, boolean onHeap, ByteArrayOutputStream out) {
        int at = 0;
        try {
            do {
                int count = cuts.applyAsInt(payload.length - at);
                ByteBuf part = buffer(onHeap, count).writeBytes(payload, at, count);
                at += count;
                try {
                    inflation.inflate(part, at == payload.length, piece -> takeInto(out, piece));
                    assertThat(part.isReadable()).isFalse();
                } finally {
                    part.release();
                }
            } while (at < payload.length);
            return false;
        } catch (ProtocolViolation violation) {
            assertThat(violation.closeCode()).isEqualTo(1007);
            return true;
        }
    }

    private static ByteBuf buffer(boolean onHeap, int bytes) {
        return onHeap ? Libraries.ALLOCATOR.heapBuffer(bytes) : Libraries.ALLOCATOR.directBuffer(bytes);
    }

    private static void takeInto(ByteArrayOutputStream out, ByteBuf piece) {
        assertThat(piece.readableBytes()).isBetween(1, PIECE_BYTES);
        out.writeBytes(ByteBufUtil.getBytes(piece));
    }
}
