package dev.tidewire.protocol.deflate;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidewire.testkit.RawDeflate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Memory outside Java's heap: which buffers are in it, and that what zlib takes of it comes back. */
class NativeMemoryTest {
    private static final long MIB = 1 << 20;

    @Test
    void holdsABufferThatIsOnePieceOfIt() {
        ByteBuf direct = Unpooled.directBuffer().writeLong(1);
        ByteBuf onePart = Unpooled.compositeBuffer().addComponent(true, direct.retainedSlice());
        ByteBuf twoParts = Unpooled.wrappedBuffer(direct.retainedSlice(0, 4), direct.retainedSlice(4, 4));

        assertThat(NativeMemory.holds(direct)).isTrue();
        assertThat(NativeMemory.holds(direct.slice(2, 3))).isTrue();
        assertThat(NativeMemory.holds(Unpooled.buffer(8))).isFalse();
        assertThat(NativeMemory.holds(onePart)).isFalse();
        assertThat(NativeMemory.holds(twoParts)).isFalse();

        onePart.release();
        twoParts.release();
        direct.release();
    }

    /** Netty's buffers know their address only where it may ask the virtual machine for it. */
    @ParameterizedTest
    @EnumSource
    void mayBeABufferThatDoesNotKnowItsAddress(Flavour flavour) {
        byte[] message = Samples.json(3000);
        ByteBuf payload = withoutAddress().writeBytes(message);
        ByteBuf out = withoutAddress();
        Zlib zlib = flavour.zlib();
        try (DeflaterPool deflaters = new DeflaterPool(zlib, DeflatePolicy.SHARED, 0);
                InflaterPool inflaters = new InflaterPool(zlib, 0)) {
            deflaters.deflateAlone(payload, 15, out);
            assertThat(payload.isReadable()).isFalse();

            assertThat(inflated(inflaters, out)).isEqualTo(message);
            assertThat(out.isReadable()).isFalse();
        }
        payload.release();
        out.release();
    }

    @ParameterizedTest
    @EnumSource
    void isNotNeededForWhatIsInflated(Flavour flavour) {
        byte[] message = Samples.json(3000);
        try (RawDeflate other = new RawDeflate();
                InflaterPool pool = new InflaterPool(flavour.zlib(), 0)) {
            ByteBuf onHeap = Buffers.wrap(other.deflate(message));

            assertThat(inflated(pool, onHeap)).isEqualTo(message);
            assertThat(onHeap.isReadable()).isFalse();
        }
    }

    /** The virtual machine takes memory, too, above all for its compilers, but not for ever. */
    @ParameterizedTest(name = "of {0}")
    @MethodSource("contexts")
    void comesBackWhenAContextIsClosed(String kind, int rounds, Runnable makeAndClose) {
        long leastGrowth = Long.MAX_VALUE;
        long deadline = System.nanoTime() + SECONDS.toNanos(20);
        while (leastGrowth >= MIB && System.nanoTime() < deadline) {
            long before = allocatedBytes();
            for (int i = 0; i < rounds; i++) {
                makeAndClose.run();
            }
            leastGrowth = Math.min(leastGrowth, allocatedBytes() - before);
        }

        assertThat(leastGrowth).isLessThan(MIB);
    }

    /** Enough of each in a batch for twice that, were only its smallest part to stay: a compiler may give some back meanwhile. */
    static Stream<Arguments> contexts() {
        Zlib system = Flavour.SYSTEM.zlib();
        Zlib jdk = Flavour.JDK.zlib();
        return Stream.of(
                Arguments.of("a deflater", 40_000, (Runnable)
                        () -> system.deflater(6, 9, 1).close()),
                Arguments.of("an inflater", 40_000, (Runnable)
                        () -> system.inflater(9).close()),
                Arguments.of("a deflater that cannot be", 40_000, (Runnable) () ->
                        assertThatThrownBy(() -> system.deflater(6, 16, 8)).isInstanceOf(AssertionError.class)),
                Arguments.of("the JDK's deflater", 40, (Runnable)
                        () -> jdk.deflater(6, 15, 8).close()),
                Arguments.of("the JDK's inflater", 800, (Runnable)
                        () -> jdk.inflater(15).close()));
    }

    private static byte[] inflated(InflaterPool pool, ByteBuf compressed) {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        pool.open(new DeflateAgreement(true, true, 15, 15, ""))
                .inflate(compressed, true, piece -> message.writeBytes(Buffers.takeAll(piece)));
        return message.toByteArray();
    }

    private static ByteBuf withoutAddress() {
        ByteBuf buffer = new UnpooledDirectByteBuf(UnpooledByteBufAllocator.DEFAULT, 64, 100_000);
        assertThat(buffer.hasMemoryAddress()).isFalse();
        return buffer;
    }

    /** Bytes that the process has from its C library, where that is one that counts them. */
    @SuppressWarnings("restricted") // the function is as the C library declares it in malloc.h
    private static long allocatedBytes() {
        Linker linker = Linker.nativeLinker();
        var function = linker.defaultLookup().find("mallinfo2");
        assumeTrue(function.isPresent(), "a C library that counts");
        MemoryLayout counts = MemoryLayout.structLayout(
                MemoryLayout.sequenceLayout(10, JAVA_LONG).withName("counts"));
        MethodHandle mallinfo2 = linker.downcallHandle(function.get(), FunctionDescriptor.of(counts));
        try (Arena arena = Arena.ofConfined()) {
            var info = (MemorySegment) mallinfo2.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(JAVA_LONG, 7) + info.getAtIndex(JAVA_LONG, 4); // uordblks, and hblkhd for large ones
        } catch (Throwable thrown) {
            throw new AssertionError(thrown);
        }
    }
}
