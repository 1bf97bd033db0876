package dev.tidewire.protocol.deflate;

import static dev.tidewire.protocol.deflate.Buffers.takeAll;
import static dev.tidewire.protocol.deflate.Buffers.wrap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Hex;
import dev.tidewire.protocol.ProtocolViolation;
import dev.tidewire.testkit.RawDeflate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeflationTest {
    private static final int MIB = 1 << 20;
    private static final UnpooledByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(true, true);

    private final ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer();

    @AfterEach
    void release() {
        out.release();
    }

    /** RFC 7692 §7.2.3.1, §7.2.3.2 and §7.2.3.6. */
    @ParameterizedTest
    @EnumSource
    void makesTheBytesOfTheRfcWithContextTakeover(Flavour flavour) {
        try (DeflaterPool pool = pool(flavour.zlib(), 8);
                Deflation deflation = pool.open(agreement(false, 15))) {
            assertThat(deflated(deflation, "Hello")).isEqualTo("f248cdc9c90700");
            assertThat(deflated(deflation, "Hello")).isEqualTo("f200110000");
            assertThat(deflated(deflation, "")).isEqualTo("00");
            assertThat(deflated(deflation, "")).isEqualTo("00");
            assertThat(deflated(deflation, "Hello")).isEqualTo("02130000");
        }
    }

    @ParameterizedTest
    @EnumSource
    void makesTheBytesOfTheRfcWithoutContextTakeover(Flavour flavour) {
        try (DeflaterPool pool = pool(flavour.zlib(), 8);
                Deflation deflation = pool.open(agreement(true, 15))) {
            assertThat(deflated(deflation, "Hello")).isEqualTo("f248cdc9c90700");
            assertThat(deflated(deflation, "")).isEqualTo("00");
            assertThat(deflated(deflation, "Hello")).isEqualTo("f248cdc9c90700");
        }
    }

    /** RFC 7692 §6.1: it is the message that is compressed, and its frames are parts of that. */
    @ParameterizedTest
    @EnumSource
    void compressesAMessageFrameByFrame(Flavour flavour) {
        try (DeflaterPool pool = pool(flavour.zlib(), 8);
                Deflation deflation = pool.open(agreement(true, 15))) {
            deflation.deflate(wrap(Hex.utf8("He")), false, out);
            assertThat(Hex.of(out)).isEqualTo("f2480500" + "0000ffff");
            deflation.deflate(Unpooled.EMPTY_BUFFER, false, out);
            deflation.deflate(wrap(Hex.utf8("llo")), true, out);
            assertThat(Hex.of(out)).isEqualTo("f2480500" + "0000ffff" + "cac9c90700");
            out.clear();
            deflation.deflate(wrap(Hex.utf8("Hello")), false, out);
            deflation.deflate(Unpooled.EMPTY_BUFFER, true, out);
            assertThat(Hex.of(out)).isEqualTo("f248cdc9c90700" + "0000ffff" + "00");
        }
    }

    @ParameterizedTest(name = "{0} with {1} bits, memory level {2}")
    @MethodSource("contexts")
    void isUndoneByAnotherLibraryAndByAWindowOfTheAgreedLength(Flavour flavour, int windowBits, int memoryLevel) {
        List<byte[]> messages = Samples.ofLengths(0, 1, 125, 126, 65_535, 65_536, memoryLevel == 8 ? MIB : 1024);
        for (boolean alone : new boolean[] {false, true}) {
            Zlib zlib = flavour.zlib();
            try (DeflaterPool pool = pool(zlib, memoryLevel);
                    Deflation deflation = pool.open(agreement(alone, windowBits));
                    RawDeflate other = new RawDeflate();
                    NarrowInflater narrow = new NarrowInflater(windowBits, 16)) {
                for (byte[] message : messages) {
                    deflation.deflate(wrap(message), true, out);
                    byte[] payload = takeAll(out);
                    assertThat(Arrays.equals(other.inflate(payload), message)).isTrue();
                    assertThat(Arrays.equals(narrow.inflate(payload, message.length), message))
                            .isTrue();
                }
            }
            assertThat(zlib.liveContexts()).isZero();
        }
    }

    static Stream<Arguments> contexts() {
        Stream<Arguments> system = IntStream.rangeClosed(8, 15)
                .boxed()
                .flatMap(bits ->
                        IntStream.rangeClosed(1, 9).mapToObj(level -> Arguments.of(Flavour.SYSTEM, bits, level)));
        return Stream.concat(system, Stream.of(Arguments.of(Flavour.JDK, 15, 8)));
    }

    /**
     * zlib will not deflate with 8 bits, but with 9 it never refers back more than 250 bytes. The same bytes once more at every
     * distance around both figures are as tempting as can be.
     */
    @ParameterizedTest(name = "level {0}")
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void neverRefersBackMoreThan256BytesWhenEightBitsAreAgreed(int level) {
        DeflatePolicy policy = new DeflatePolicy(true, true, 8, true, 15, level, 9, 0);
        try (DeflaterPool pool = new DeflaterPool(Flavour.SYSTEM.zlib(), policy, 1);
                Deflation deflation = pool.open(agreement(false, 8));
                NarrowInflater narrow = new NarrowInflater(8, 1)) {
            for (int distance = 200; distance <= 520; distance++) {
                byte[] message = twice(Samples.random(distance, distance));
                deflation.deflate(wrap(message), true, out);
                assertThat(narrow.inflate(takeAll(out), message.length)).isEqualTo(message);
            }
        }
    }

    /** The inflater that proves it can tell: a window twice as large is too large for it. */
    @ParameterizedTest(name = "{0} bits")
    @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14})
    void aNarrowInflaterRefusesALongerWindow(int windowBits) {
        byte[] message = twice(Samples.random((1 << windowBits) + 50, 1));
        try (DeflaterPool pool = pool(Flavour.SYSTEM.zlib(), 8);
                NarrowInflater narrow = new NarrowInflater(windowBits, 16)) {
            pool.deflateAlone(wrap(message), Math.max(windowBits + 1, 10), out);

            assertThatThrownBy(() -> narrow.inflate(takeAll(out), message.length))
                    .isInstanceOf(ProtocolViolation.class);
        }
    }

    /** Wherever the room ends, also exactly behind the last byte. */
    @ParameterizedTest
    @EnumSource
    void growsTheRoomAtAnyByte(Flavour flavour) {
        byte[] message = Samples.random(500, 3);
        try (DeflaterPool pool = pool(flavour.zlib(), 8);
                Deflation deflation = pool.open(agreement(false, 15));
                RawDeflate other = new RawDeflate()) {
            for (int room = 0; room < 600; room++) {
                ByteBuf tight = UnpooledByteBufAllocator.DEFAULT.directBuffer(room);
                deflation.deflate(wrap(message), true, tight);
                assertThat(other.inflate(takeAll(tight)))
                        .as("room for %d", room)
                        .isEqualTo(message);
                tight.release();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesAnyKindOfBufferAndAppends(Flavour flavour) {
        byte[] message = Samples.json(40_000);
        List<ByteBuf> payloads = List.of(
                wrap(message),
                Unpooled.directBuffer().writeBytes(message),
                Unpooled.wrappedBuffer(wrap(Arrays.copyOf(message, 9)), wrap(Arrays.copyOfRange(message, 9, 40_000))),
                Unpooled.directBuffer().writeBytes(message).asReadOnly());
        try (DeflaterPool pool = pool(flavour.zlib(), 8)) {
            for (ByteBuf payload : payloads) {
                for (ByteBuf into : List.of(Unpooled.buffer(), Unpooled.directBuffer(), Unpooled.compositeBuffer())) {
                    into.writeBytes(new byte[10]);
                    pool.deflateAlone(payload.readerIndex(0), 15, into);
                    assertThat(payload.isReadable()).isFalse();
                    assertThat(inflated(takeAll(into.skipBytes(10)))).isEqualTo(message);
                    into.release();
                }
                payload.release();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aRestartFreesTheContextAndRefersToNothingBeforeIt(Flavour flavour) {
        Zlib zlib = flavour.zlib();
        try (DeflaterPool pool = new DeflaterPool(zlib, DeflatePolicy.SHARED, 0);
                Deflation deflation = pool.open(agreement(false, 15))) {
            assertThat(zlib.liveContexts()).isZero();
            assertThat(deflated(deflation, "Hello")).isEqualTo("f248cdc9c90700");
            assertThat(zlib.liveContexts()).isOne();

            deflation.restart();

            assertThat(zlib.liveContexts()).isZero();
            assertThat(deflated(deflation, "Hello")).isEqualTo("f248cdc9c90700");
        }
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void aRestartInsideAMessageLeavesItReadable() {
        byte[] half = Samples.json(3000);
        try (DeflaterPool pool = pool(Flavour.SYSTEM.zlib(), 8);
                Deflation deflation = pool.open(agreement(false, 15))) {
            deflation.deflate(wrap(half), false, out);
            deflation.restart();
            deflation.deflate(wrap(half), true, out);
        }

        assertThat(inflated(takeAll(out))).isEqualTo(twice(half));
    }

    @Test
    void aConnectionWithoutContextTakeoverHoldsNothingBetweenMessages() {
        Zlib zlib = Flavour.SYSTEM.zlib();
        try (DeflaterPool pool = new DeflaterPool(zlib, DeflatePolicy.SHARED, 0);
                Deflation deflation = pool.open(agreement(true, 15))) {
            deflation.deflate(wrap(Hex.utf8("He")), false, out);
            assertThat(zlib.liveContexts()).isOne();

            deflation.deflate(wrap(Hex.utf8("llo")), true, out);

            assertThat(zlib.liveContexts()).isZero();
        }
    }

    @Test
    void giveUpInTheMiddleOfAMessageFreesTheContext() {
        Zlib zlib = Flavour.SYSTEM.zlib();
        DeflaterPool pool = new DeflaterPool(zlib, DeflatePolicy.SHARED, 0);
        Deflation deflation = pool.open(agreement(true, 15));
        deflation.deflate(wrap(Hex.utf8("He")), false, out);

        deflation.close();
        deflation.close();

        assertThat(zlib.liveContexts()).isZero();
        assertThatThrownBy(() -> deflation.deflate(wrap(Hex.utf8("llo")), true, out))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aFailureFreesTheContext() {
        Zlib zlib = Flavour.SYSTEM.zlib();
        ByteBuf small = Unpooled.directBuffer(1, 1);
        try (DeflaterPool pool = new DeflaterPool(zlib, DeflatePolicy.SHARED, 0);
                Deflation deflation = pool.open(agreement(false, 15))) {
            assertThatThrownBy(() -> deflation.deflate(wrap(new byte[100]), true, small))
                    .isInstanceOf(IndexOutOfBoundsException.class);

            assertThat(zlib.liveContexts()).isZero();
        }
        small.release();
    }

    /** One compression for a broadcast; who has context takeover restarts, for its receiver now remembers something else. */
    @Test
    void aMessageCompressedElsewhereFitsInWhenTheConnectionRestarts() {
        byte[] own = Samples.json(2000);
        byte[] broadcast = Samples.random(2000, 1);
        try (DeflaterPool pool = pool(Flavour.SYSTEM.zlib(), 8);
                Deflation deflation = pool.open(agreement(false, 12));
                RawDeflate receiver = new RawDeflate()) {
            deflation.deflate(wrap(own), true, out);
            assertThat(receiver.inflate(takeAll(out))).isEqualTo(own);
            pool.deflateAlone(wrap(broadcast), 12, out);
            deflation.restart();
            assertThat(receiver.inflate(takeAll(out))).isEqualTo(broadcast);
            deflation.deflate(wrap(own), true, out);
            assertThat(receiver.inflate(takeAll(out))).isEqualTo(own);
        }
    }

    @Test
    void aLibraryThatKnowsOneWindowRefusesTheOthers() {
        try (DeflaterPool pool = pool(Zlib.jdk(), 8)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pool.open(agreement(true, 14)))
                    .withMessage("windowBits must be at least 15 with this zlib, was 14");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> pool.deflateAlone(Unpooled.EMPTY_BUFFER, 16, out))
                    .withMessage("windowBits must be 8 to 15, was 16");
        }
    }

    private String deflated(Deflation deflation, String text) {
        deflation.deflate(wrap(Hex.utf8(text)), true, out);
        return Hex.of(takeAll(out));
    }

    private static byte[] inflated(byte[] payload) {
        try (RawDeflate other = new RawDeflate()) {
            return other.inflate(payload);
        }
    }

    private static DeflaterPool pool(Zlib zlib, int memoryLevel) {
        return new DeflaterPool(zlib, new DeflatePolicy(true, true, 15, true, 15, 6, memoryLevel, 0), 1);
    }

    private static DeflateAgreement agreement(boolean serverAlone, int serverBits) {
        return new DeflateAgreement(serverAlone, true, serverBits, 15, "");
    }

    private static byte[] twice(byte[] bytes) {
        byte[] both = Arrays.copyOf(bytes, 2 * bytes.length);
        System.arraycopy(bytes, 0, both, bytes.length, bytes.length);
        return both;
    }

    /**
     * zlib with a window of so many bits, given next to no room at a time: what it refers to must then be in the window, for it
     * cannot be in the room. Its buffers are not tracked, which costs more than all the rest at each touch.
     */
    private static final class NarrowInflater implements AutoCloseable {
        private final InflateStream stream;
        private final ByteBuf room;

        NarrowInflater(int windowBits, int roomBytes) {
            stream = new SystemStreams().inflate(windowBits);
            room = UNTRACKED.directBuffer(roomBytes, roomBytes);
        }

        byte[] inflate(byte[] payload, int length) {
            ByteBuf in = UNTRACKED.directBuffer(payload.length + 4).writeBytes(payload);
            byte[] message = new byte[length];
            try {
                for (int done = 0, count; done < length; done += count) {
                    stream.inflate(in, room.clear());
                    count = room.readableBytes();
                    room.readBytes(message, done, count);
                }
                stream.inflate(in, room.clear());
                stream.inflate(in.writeInt(0x0000_FFFF), room);
                assertThat(in.isReadable() || room.isReadable()).isFalse();
                assertThat(stream.isBetweenBlocks()).isTrue();
                return message;
            } finally {
                in.release();
            }
        }

        @Override
        public void close() {
            stream.close();
            room.release();
        }
    }
}
