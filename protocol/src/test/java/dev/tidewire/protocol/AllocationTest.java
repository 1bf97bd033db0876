package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tidewire.protocol.MessageReader.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What reading costs in memory, counted by the virtual machine; a sink that keeps nothing is not part of it. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int MIB = 1 << 20;

    /** Leak detection, which is on in every test, remembers each touch of a buffer: far more than what is counted here. */
    private static final UnpooledByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(true, true);

    private final FrameRules rules = new FrameRules(true, false, new Limits(MIB, MIB, 0));
    private final MessageReader reader = new MessageReader(rules);
    private final Forgetful sink = new Forgetful();

    @ParameterizedTest(name = "{0} of {1} bytes")
    @CsvSource({"TEXT, 20", "BINARY, 20", "TEXT, 1000", "PING, 4"})
    void aWholeFrameCostsItsPayloadArrayAndNothingElse(Opcode opcode, int payloadBytes) {
        int frames = 1000;
        ByteBuf wire = UNTRACKED.directBuffer();
        for (int i = 0; i < frames; i++) {
            FrameWriter.writeMasked(wire, opcode, true, false, new byte[payloadBytes], i);
        }
        long arrays = frames * allocatedBy(() -> sink.kept = new byte[payloadBytes]);

        long allocated = allocatedBy(() -> reader.read(wire.readerIndex(0), sink));

        wire.release();
        assertThat(allocated).isEqualTo(arrays);
    }

    @Test
    void aHeaderThatAnnouncesMuchCostsLittleUntilDataComes() {
        ByteBuf start = Hex.buffer("82 ff 0000000000100000 00000000" + "00".repeat(100));

        long allocated = allocatedBy(() -> new MessageReader(rules).read(start.readerIndex(0), sink));

        assertThat(allocated).isLessThan(8_000);
    }

    @ParameterizedTest(name = "{0} bytes at a time")
    @CsvSource({"1048590", "262144", "65536"})
    void aLargeFrameIsNeverMoved(int readBytes) {
        ByteBuf wire = Unpooled.buffer(MIB + FrameHeader.MAX_BYTES);
        FrameWriter.writeMasked(wire, Opcode.BINARY, true, false, new byte[MIB], 0x01020304);

        long allocated = allocatedBy(() -> {
            wire.readerIndex(0);
            while (wire.isReadable()) {
                reader.read(wire.readSlice(Math.min(readBytes, wire.readableBytes())), sink);
            }
        });

        assertThat(sink.kept).hasSize(MIB);
        assertThat(allocated).isBetween((long) MIB, MIB + 10_000L);
    }

    /** Doubling costs twice the length in arrays left behind, plus the last one cut to size. */
    @Test
    void manySmallFragmentsAreMovedAsSeldomAsDoublingAllows() {
        ByteBuf wire = Unpooled.buffer();
        int fragments = MIB / 1024;
        for (int i = 0; i < fragments; i++) {
            Opcode opcode = i == 0 ? Opcode.BINARY : Opcode.CONTINUATION;
            FrameWriter.writeMasked(wire, opcode, i == fragments - 1, false, new byte[1024], i);
        }

        long allocated = allocatedBy(() -> reader.read(wire.readerIndex(0), sink));

        assertThat(sink.kept).hasSize(MIB);
        assertThat(allocated).isLessThan(3L * MIB + fragments * 200L);
    }

    /** The least of some rounds, for the first ones also load classes and link VarHandles. */
    private static long allocatedBy(Runnable action) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            action.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    /** Holds on to one payload, so that no compiler can prove it useless. */
    private static final class Forgetful implements MessageReader.Sink {
        byte[] kept = {};

        @Override
        public void message(Opcode opcode, byte[] payload) {
            kept = payload;
        }

        @Override
        public void ping(byte[] payload) {
            kept = payload;
        }

        @Override
        public void pong(byte[] payload) {
            kept = payload;
        }

        @Override
        public void close(int code, String reason) {}
    }
}
