package dev.tidewire.verification.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tidewire.protocol.FrameRules;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.MessageReader.Limits;
import dev.tidewire.protocol.ProtocolViolation;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.verification.model.PlainInflater;
import dev.tidewire.verification.model.PlainReader;
import dev.tidewire.verification.model.PlainReader.Outcome;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Whatever a peer sends, and however the network cuts it, {@link MessageReader} tells what {@link PlainReader} reads in it. */
class FramesFuzzTest {
    private static final int[] MAX_BYTES = {1, 5, 125, 126, 1000, 65_536, 1 << 20, Integer.MAX_VALUE - 8};
    private static final int[] MAX_FRAGMENTS = {0, 1, 2, 5};

    /** What both sides go by. */
    private record Options(
            boolean fromClient,
            boolean deflate,
            boolean inParts,
            boolean jdk,
            boolean alone,
            int windowBits,
            Limits limits,
            int cuts) {
        static Options of(Input input) {
            int flags = input.choice();
            int more = input.choice();
            int limits = input.choice();
            return new Options(
                    (flags & 1) == 0,
                    (flags & 2) != 0,
                    (flags & 4) != 0,
                    (flags & 8) != 0,
                    (flags & 16) != 0,
                    8 + (more & 7),
                    new Limits(MAX_BYTES[limits & 7], MAX_BYTES[(limits >> 3) & 7], MAX_FRAGMENTS[(limits >> 6) & 3]),
                    input.choice());
        }

        MessageReader reader() {
            FrameRules rules = new FrameRules(fromClient, deflate, limits);
            DeflateAgreement agreement = new DeflateAgreement(true, alone, 15, windowBits, "");
            MessageReader reader = deflate
                    ? new MessageReader(rules, Libraries.inflaters(jdk).open(agreement))
                    : new MessageReader(rules);
            return inParts ? reader.inParts() : reader;
        }

        PlainReader plainReader() {
            return new PlainReader(
                    new PlainReader.Rules(
                            fromClient, limits.maxFrameBytes(), limits.maxMessageBytes(), limits.maxFragments()),
                    deflate ? new PlainInflater(windowBits, !alone) : null);
        }
    }

    @FuzzTest(maxDuration = "10m")
    void aReaderTellsWhatThePlainOneDoes(byte[] data) {
        Input input = new Input(data);
        Options options = Options.of(input);
        byte[] wire = input.rest();
        Outcome expected = options.plainReader().read(wire);
        Listener heard = new Listener();

        ProtocolViolation violation = read(wire, options, heard);

        if (expected.unsure()) {
            assertThat(heard.events.subList(0, expected.events().size())).isEqualTo(expected.events());
        } else {
            assertThat(heard.events).isEqualTo(expected.events());
            assertCode(expected, violation);
            if (options.inParts) assertOpen(expected, heard.open.toByteArray(), violation == null);
        }
        Libraries.assertNothingIsHeld();
    }

    private static @Nullable ProtocolViolation read(byte[] wire, Options options, Listener heard) {
        Cuts cuts = new Cuts(options.cuts);
        MessageReader reader = options.reader();
        ByteBuf in = Libraries.ALLOCATOR.buffer(Math.max(1, wire.length)).writeBytes(wire);
        try {
            while (in.isReadable()) {
                reader.read(in.readSlice(cuts.applyAsInt(in.readableBytes())), heard);
            }
            return null;
        } catch (ProtocolViolation violation) {
            return violation;
        } finally {
            reader.stop();
            in.release();
        }
    }

    private static void assertCode(Outcome expected, @Nullable ProtocolViolation violation) {
        if (violation == null) {
            assertThat(expected.codes()).isEmpty();
        } else {
            assertThat(expected.codes()).as(violation.getMessage()).contains(violation.closeCode());
        }
    }

    /** Parts that are not followed by a violation are all there is; else they may lack what came with it. */
    private static void assertOpen(Outcome expected, byte[] told, boolean all) {
        byte[] open =
                all ? expected.open() : Arrays.copyOf(expected.open(), Math.min(told.length, expected.open().length));
        assertThat(told).isEqualTo(open);
    }
}
