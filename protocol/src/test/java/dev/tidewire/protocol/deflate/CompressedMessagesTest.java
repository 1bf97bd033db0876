package dev.tidewire.protocol.deflate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.tidewire.protocol.CloseCode;
import dev.tidewire.protocol.FrameRules;
import dev.tidewire.protocol.FrameWriter;
import dev.tidewire.protocol.Hex;
import dev.tidewire.protocol.Inflation;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.MessageReader.Limits;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.ProtocolViolation;
import dev.tidewire.protocol.Recorder;
import dev.tidewire.testkit.RawDeflate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed messages as a {@link MessageReader} reads them, with either library; RFC 7692 §6.2 and §7.2. */
@ParameterizedClass
@EnumSource
class CompressedMessagesTest {
    private static final int MIB = 1 << 20;
    private static final int MASK_KEY = 0x12345678;
    /** Leak detection remembers each touch of a buffer: far more than what is counted or cut here. */
    private static final UnpooledByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(true, true);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Recorder sink = new Recorder();
    private final Zlib zlib;
    private final InflaterPool pool;
    private long directBytes;

    CompressedMessagesTest(Flavour flavour) {
        zlib = flavour.zlib();
        pool = new InflaterPool(zlib, 0);
    }

    @BeforeEach
    void count() {
        directBytes = UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }

    @AfterEach
    void nothingIsLeft() {
        pool.close();
        assertThat(zlib.liveContexts()).isZero();
        assertThat(UnpooledByteBufAllocator.DEFAULT.metric().usedDirectMemory()).isEqualTo(directBytes);
    }

    /** The examples of RFC 7692 §7.2.3, and some more of their kind. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "c1 07 f2 48 cd c9 c9 07 00,                                     a message (§7.2.3.1)",
        "41 03 f2 48 cd | 80 04 c9 c9 07 00,                             two fragments (§7.2.3.1)",
        "41 00 | 00 07 f2 48 cd c9 c9 07 00 | 80 00,                     empty fragments around it",
        "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00,                         a block without compression (§7.2.3.3)",
        "c1 08 f3 48 cd c9 c9 07 00 00,                                  a final block (§7.2.3.4)",
        "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00,                   two blocks (§7.2.3.5)",
        "41 07 f2 48 05 00 00 00 ff | 80 06 ff ca c9 c9 07 00,           two blocks in two fragments",
        "c1 0c f2 48 cd c9 c9 07 00 00 00 ff ff 00,                      an empty block that nobody needs",
        "c1 07 f3 48 cd c9 c9 07 00,                                     a final block and nothing after it",
        "c1 07 f2 48 cd c9 c9 07 04,                                     an empty final block at the end",
        "c1 09 f3 48 05 00 ca c9 c9 07 00,                               a final block and another one",
        "c1 0a f3 48 05 00 cb c9 c9 07 00 00,                            two final blocks",
        "41 04 f3 48 05 00 | 80 06 cb c9 c9 07 00 00,                    two final blocks in two fragments",
        "c1 0e f3 48 05 00 03 00 03 04 cb c9 c9 07 00 00,                two final blocks and empty ones between them",
        "c1 10 01 02 00 fd ff 48 65 01 03 00 fc ff 6c 6c 6f 00,          two final blocks without compression",
    })
    void helloIsSaidInManyWays(String frames, String way) {
        MessageReader reader = serverSpeaks(agreement(false, 15));

        reader.read(Hex.buffer(frames), sink);
        reader.stop();

        assertThat(sink.heard).containsExactly("TEXT Hello");
    }

    /** RFC 7692 §7.2.3.2. */
    @Test
    void aMessageMayReferToTheOneBeforeIt() {
        MessageReader reader = serverSpeaks(agreement(false, 15));

        reader.read(Hex.buffer("c1 07 f248cdc9c90700 | c1 05 f200110000"), sink);
        reader.stop();

        assertThat(sink.heard).containsExactly("TEXT Hello", "TEXT Hello");
    }

    /** RFC 7692 §7.2.3.4: a final block ends a stream, but not what may be referred to. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "c1 08 f348cdc9c9070000 | c1 05 f200110000", // to the message before
                "c1 07 f348cdc9c90700   | c1 05 f200110000",
                "c1 07 f348cdc9c90700   | c1 04 f3001100",
                "c1 07 f248cdc9c90700   | c1 05 f200110000",
                "c1 07 f348cdc9c90700   | c1 05 f300110000 | c1 01 00",
                "c1 0c f348cdc9c90700 f200110000 | c1 01 00", // and within one
                "c1 0b f348cdc9c90700 f3001100   | c1 01 00",
                "c1 10 f348cdc9c90700 0300 0300 f200110000 | c1 01 00", // with empty ones between
                "c1 0b f348cdc9c90700 0300 0300  | c1 05 f200110000",
                "c1 07 f248cdc9c90700   | c1 09 0300 0300 f200110000",
            })
    void aMessageMayReferToWhatCameBeforeAFinalBlock(String frames) {
        byte[] bytes = Hex.bytes(frames);
        for (int cut = 0; cut <= bytes.length; cut++) {
            Recorder heard = new Recorder();
            MessageReader reader = serverSpeaks(agreement(false, 15));
            reader.read(Unpooled.wrappedBuffer(bytes, 0, cut), heard);
            reader.read(Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut), heard);
            reader.stop();

            assertThat(String.join("", heard.heard).replace("TEXT ", ""))
                    .as("cut at %d", cut)
                    .isEqualTo("HelloHello");
        }
    }

    /** The window of 32 KiB goes on behind a final block, as far back as it may and no further. */
    @ParameterizedTest(name = "{0} bytes before a final block")
    @CsvSource({"100, 100", "32767, 32767", "32768, 32768", "40000, 32768"})
    void behindAFinalBlockTheWindowIsAsLargeAsBefore(int bytes, int mayReferBackBytes) {
        byte[] message = Samples.random(bytes, 9);
        byte[] flushed = flushed(message);
        byte[] first = Arrays.copyOf(flushed, flushed.length + 5);
        System.arraycopy(Hex.bytes("01 0000 ffff"), 0, first, flushed.length, 5);
        MessageReader reader = clientSpeaks(MIB, agreement(false, 15));
        List<byte[]> heard = new ArrayList<>();

        reader.read(frame(Opcode.BINARY, first), new Keeper(heard));
        reader.read(frame(Opcode.BINARY, threeBytesFrom(mayReferBackBytes)), new Keeper(heard));

        int from = bytes - mayReferBackBytes;
        assertThat(heard.get(1)).isEqualTo(Arrays.copyOfRange(message, from, from + 3));
        if (bytes < 1000) {
            byte[] tooFar = threeBytesFrom(bytes + 4);
            assertThatThrownBy(() -> reader.read(frame(Opcode.BINARY, tooFar), sink))
                    .hasMessage("compressed data is not DEFLATE (RFC 7692 §7.2.2)");
        }
        reader.stop();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "c2 06 00 09 00 f6 ff 48", // a block without compression, of nine bytes
                "c2 01 02", // a block with fixed codes
                "c2 01 04", // a block with codes of its own
                "c2 02 4a 04",
                "c2 05 f2 48 cd c9 c9",
                "c2 06 f3 48 cd c9 c9 07", // a final block
                "c2 0f adddab09003000e8c09d76da7f863b", // codes that 00 00 ff ff 01 00 00 ff ff would complete, and end
                "c2 0f 04c0010900000cc330ad61bf7f0b0d", // codes of which 10 ends a block, and the bits behind begin one
                "c2 00", // nothing, not even a block
                "c2 07 f3 48 cd c9 c9 07 00 | c2 00",
                "42 07 f3 48 cd c9 c9 07 00 | 80 00 | 42 00 | 80 00",
            })
    void aMessageThatEndsInsideABlockIsRefused(String frames) {
        for (boolean alone : new boolean[] {true, false}) {
            MessageReader reader = serverSpeaks(agreement(alone, 15));

            assertThatThrownBy(() -> reader.read(Hex.buffer(frames), sink))
                    .message()
                    .isIn(
                            "compressed message ends inside a block (RFC 7692 §7.2.2)",
                            "compressed data is not DEFLATE (RFC 7692 §7.2.2)");
        }
    }

    @Test
    void withoutContextTakeoverItMayNot() {
        MessageReader reader = serverSpeaks(agreement(true, 15));

        assertThatThrownBy(() -> reader.read(Hex.buffer("c1 07 f248cdc9c90700 | c1 05 f200110000"), sink))
                .hasMessage("compressed data is not DEFLATE (RFC 7692 §7.2.2)");

        assertThat(sink.heard).containsExactly("TEXT Hello");
    }

    /** RFC 7692 §7.2.3.6: an empty message is one byte, and an empty frame is not a message of that kind. */
    @Test
    void aMessageMayBeEmpty() {
        MessageReader reader = serverSpeaks(agreement(true, 15));

        reader.read(Hex.buffer("c1 01 00 | c2 01 00 | 41 00 | 80 01 00"), sink);

        assertThat(sink.heard).containsExactly("TEXT ", "BINARY ", "TEXT ");
    }

    /** RFC 7692 §6: each message is compressed or not; RFC 6455 §5.4: a control frame may come in between and is not. */
    @Test
    void otherFramesLeaveTheContextAlone() {
        MessageReader reader = serverSpeaks(agreement(false, 15));

        reader.read(Hex.buffer("c1 07 f248cdc9c90700 | 81 02 6869 | 01 01 61 | 89 00 | 80 01 62 | 41 02 f200"), sink);
        reader.read(Hex.buffer("89 02 abcd | 80 03 110000 | c1 04 02130000"), sink);
        reader.stop();

        assertThat(sink.heard)
                .containsExactly("TEXT Hello", "TEXT hi", "PING ", "TEXT ab", "PING abcd", "TEXT Hello", "TEXT Hello");
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource({
        "c1 01 07,                               1007, compressed data is not DEFLATE (RFC 7692 §7.2.2)", // type 3 of
        // block
        "c1 05 00 05 00 05 00,                   1007, compressed data is not DEFLATE (RFC 7692 §7.2.2)",
        "c1 05 f2 00 11 00 00,                   1007, compressed data is not DEFLATE (RFC 7692 §7.2.2)", // refers to
        // nothing
        "c1 08 f2 48 cd c9 c9 07 00 06,          1007, compressed data is not DEFLATE (RFC 7692 §7.2.2)", // garbage
        // behind
        "41 01 07,                               1007, compressed data is not DEFLATE (RFC 7692 §7.2.2)", // before its
        // end
        "c0 01 00,                               1002, there is no message to continue (RFC 6455 §5.4)",
        "41 01 00 | c0 01 00,                    1002, compressed bit is set after the first fragment (RFC 7692 §6.1)",
        "41 01 00 | c1 01 00,                    1002, a new message begins inside an unfinished one (RFC 6455 §5.4)",
        "c9 00,                                  1002, control frame is compressed (RFC 7692 §6.1)",
    })
    void whatIsNotAsItMustBeIsRefused(String frames, int closeCode, String because) {
        MessageReader reader = serverSpeaks(agreement(false, 15));

        ProtocolViolation violation =
                catchThrowableOfType(ProtocolViolation.class, () -> reader.read(Hex.buffer(frames), sink));

        assertThat(violation).hasMessage(because);
        assertThat(violation.closeCode()).isEqualTo(closeCode);
        assertThat(sink.heard).isEmpty();
    }

    /** RFC 6455 §8.1, in a frame that has not ended: what was flushed so far cannot become right any more. */
    @Test
    void textIsRefusedAtTheFirstImpossibleByte() {
        byte[] payload = flushed(Hex.bytes("48 49 ff 4a"));
        ByteBuf frame = Unpooled.buffer();
        FrameWriter.writeHeader(frame, Opcode.TEXT, true, true, payload.length + 100);
        MessageReader reader = serverSpeaks(agreement(false, 15));

        assertThatThrownBy(() -> reader.read(frame.writeBytes(payload), sink))
                .hasMessage("text is not UTF-8 (RFC 6455 §8.1)");
    }

    @Test
    void aCharacterMayBeCutAnywhereButAtTheEnd() {
        String text = "aé€😀".repeat(10_000);
        MessageReader reader = clientSpeaks(MIB, agreement(true, 15));

        reader.read(frame(Opcode.TEXT, deflated(Hex.utf8(text))), sink);
        assertThat(sink.heard).containsExactly("TEXT " + text);

        byte[] cut = Arrays.copyOf(Hex.utf8(text), 2);
        assertThatThrownBy(() -> reader.read(frame(Opcode.TEXT, deflated(cut)), sink))
                .hasMessage("text is not UTF-8 (RFC 6455 §8.1)");
    }

    @ParameterizedTest(name = "{0} bytes of zeros")
    @ValueSource(ints = {1, 125, 16_383, 16_384, 16_385, 32_768, 100_000, MIB})
    void aMessageMayBeAsLongAsTheLimitAndNotOneByteLonger(int bytes) {
        byte[] payload = deflated(new byte[bytes]);
        List<byte[]> heard = new ArrayList<>();
        MessageReader roomy = clientSpeaks(bytes, agreement(true, 15));
        roomy.read(frame(Opcode.BINARY, payload), new Keeper(heard));
        assertThat(Arrays.equals(heard.getFirst(), new byte[bytes])).isTrue();

        if (bytes > 1) {
            MessageReader tight = clientSpeaks(bytes - 1, agreement(true, 15));
            ProtocolViolation violation = catchThrowableOfType(
                    ProtocolViolation.class, () -> tight.read(frame(Opcode.BINARY, payload), sink));
            assertThat(violation.closeCode()).isEqualTo(CloseCode.MESSAGE_TOO_BIG);
            assertThat(violation.rule()).isEqualTo("maxMessageBytes");
            assertThat(violation).hasMessageEndingWith("limit " + (bytes - 1) + " (maxMessageBytes)");
        }
    }

    /** A gibibyte in one megabyte; the arrays on the way to the limit are twice the limit, and then it is over. */
    @Test
    void aBombCostsNoMoreThanTheLimit() {
        byte[] mebibyte = flushed(new byte[MIB]);
        ByteBuf bomb = UNTRACKED.heapBuffer();
        FrameWriter.writeHeader(bomb, Opcode.BINARY, true, true, mebibyte.length * 1024);
        for (int i = 0; i < 1024; i++) {
            bomb.writeBytes(mebibyte);
        }
        var rules = new FrameRules(false, true, new Limits(2 * MIB, MIB, 0));
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 3; round++) {
            MessageReader reader = new MessageReader(rules, pool.open(agreement(true, 15)));
            bomb.readerIndex(0);
            long before = THREADS.getCurrentThreadAllocatedBytes();
            assertThatThrownBy(() -> reader.read(bomb, sink)).isInstanceOf(ProtocolViolation.class);
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }

        assertThat(least).isLessThan(3L * MIB);
    }

    @Test
    void aBombInManyFragmentsIsSeenAtTheFragmentThatIsTooMuch() {
        byte[] kibibyte = flushed(new byte[1024]);
        MessageReader reader = clientSpeaks(10 * 1024, agreement(true, 15));
        for (int i = 0; i < 10; i++) {
            reader.read(frame(i == 0 ? Opcode.BINARY : Opcode.CONTINUATION, false, i == 0, kibibyte), sink);
        }

        assertThatThrownBy(() -> reader.read(frame(Opcode.CONTINUATION, false, false, kibibyte), sink))
                .hasMessage("message of at least 11264 bytes, limit 10240 (maxMessageBytes)");
    }

    /** What cannot be compressed becomes longer, and then a frame is longer than the longest message. */
    @ParameterizedTest(name = "level {0}, memory level {1}")
    @CsvSource({"0, 8", "0, 1", "1, 1", "6, 1", "6, 8", "9, 9"})
    void aMessageOfTheGreatestLengthMayGrowByCompression(int level, int memoryLevel) {
        byte[] message = Samples.random(MIB, 5);
        var policy = new DeflatePolicy(true, true, 9, true, 15, level, memoryLevel, 0);
        ByteBuf payload = Unpooled.directBuffer();
        try (DeflaterPool deflaters = new DeflaterPool(zlib, policy, 0)) {
            deflaters.deflateAlone(Buffers.wrap(message), zlib.minWindowBits(), payload);
        }
        List<byte[]> heard = new ArrayList<>();

        clientSpeaks(MIB, agreement(true, 15)).read(frame(Opcode.BINARY, Buffers.takeAll(payload)), new Keeper(heard));

        payload.release();
        assertThat(Arrays.equals(heard.getFirst(), message)).isTrue();
    }

    @ParameterizedTest(name = "{0} bytes at a time")
    @ValueSource(ints = {1, 2, 3, 7, 64, 8191, 8192, 100_000, 0})
    void messagesDoNotDependOnHowTheNetworkCutThem(int chunkBytes) {
        Conversation conversation = new Conversation(chunkBytes);
        Random random = new Random(42);
        MessageReader reader = clientSpeaks(MIB, agreement(false, 15));

        ByteBuf wire = conversation.wire;
        while (wire.isReadable()) {
            int bytes = chunkBytes == 0 ? 1 + random.nextInt(3000) : chunkBytes;
            reader.read(wire.readSlice(Math.min(bytes, wire.readableBytes())), sink);
        }
        reader.stop();

        assertThat(sink.heard.equals(conversation.said.heard)).isTrue();
    }

    @Test
    void messagesDoNotDependOnWhereASingleCutIs() {
        byte[] bytes =
                Hex.bytes("c1 07 f248cdc9c90700 | 89 00 | 41 02 f200 | 8a 01 07 | 00 00 | 80 03 110000 | 82 01 2a"
                        + "| c1 08 f348cdc9c9070000 | c1 01 00");
        for (int cut = 0; cut <= bytes.length; cut++) {
            Recorder heard = new Recorder();
            MessageReader reader = serverSpeaks(agreement(false, 15));
            reader.read(Unpooled.wrappedBuffer(bytes, 0, cut), heard);
            reader.read(Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut), heard);
            reader.stop();

            assertThat(heard.heard)
                    .as("cut at %d", cut)
                    .containsExactly(
                            "TEXT Hello", "PING ", "PONG 07", "TEXT Hello", "BINARY 2a", "TEXT Hello", "TEXT ");
        }
    }

    @ParameterizedTest(name = "client window of {0} bits")
    @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14, 15})
    void whatItsOwnDeflaterMakesIsReadWithTheWindowAgreedOn(int windowBits) {
        int bits = Math.max(windowBits, zlib.minWindowBits());
        var policy = new DeflatePolicy(true, true, 15, true, 15, 6, 8, 0);
        MessageReader reader = clientSpeaks(MIB, agreement(false, bits));
        ByteBuf payload = Unpooled.directBuffer();
        try (DeflaterPool deflaters = new DeflaterPool(zlib, policy, 0);
                Deflation deflation = deflaters.open(new DeflateAgreement(false, true, bits, 15, ""))) {
            for (byte[] message : Samples.ofLengths(0, 1, 125, 126, 65_535, 65_536)) {
                deflation.deflate(Buffers.wrap(message), true, payload);
                List<byte[]> heard = new ArrayList<>();
                reader.read(frame(Opcode.BINARY, Buffers.takeAll(payload)), new Keeper(heard));
                assertThat(heard.getFirst()).isEqualTo(message);
            }
        }
        reader.stop();
        payload.release();
    }

    @Test
    void anIdleConnectionWithoutContextTakeoverHoldsNothing() {
        MessageReader reader = serverSpeaks(agreement(true, 15));
        assertThat(zlib.liveContexts()).isZero();

        reader.read(Hex.buffer("41 03 f248cd"), sink);
        assertThat(zlib.liveContexts()).isOne();

        reader.read(Hex.buffer("80 04 c9c90700"), sink);
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void aConnectionWithContextTakeoverHoldsItsContextFromTheFirstCompressedMessageToTheEnd() {
        MessageReader reader = serverSpeaks(agreement(false, 9));
        reader.read(Hex.buffer("81 02 6869"), sink);
        assertThat(zlib.liveContexts()).isZero();

        reader.read(Hex.buffer("c1 07 f248cdc9c90700"), sink);
        assertThat(zlib.liveContexts()).isOne();

        reader.read(Hex.buffer("88 00"), sink);
        assertThat(zlib.liveContexts()).isZero();
    }

    @ParameterizedTest(name = "context alone: {0}")
    @ValueSource(booleans = {true, false})
    void stoppedInTheMiddleOfAMessageItHoldsNothing(boolean alone) {
        MessageReader reader = serverSpeaks(agreement(alone, 15));
        reader.read(Hex.buffer("41 03 f248cd"), sink);

        reader.stop();
        reader.stop();
        reader.read(Hex.buffer("80 04 c9c90700"), sink);

        assertThat(zlib.liveContexts()).isZero();
        assertThat(sink.heard).isEmpty();
    }

    @Test
    void aContextThatWasGivenBackInTheMiddleOfAMessageRemembersNothing() {
        try (InflaterPool sharing = new InflaterPool(zlib, 1)) {
            var rules = new FrameRules(false, true, new Limits(MIB, MIB, 0));
            MessageReader first = new MessageReader(rules, sharing.open(agreement(true, 15)));
            first.read(Hex.buffer("41 03 f248cd"), sink);
            first.stop();
            assertThat(zlib.liveContexts()).isOne();

            MessageReader second = new MessageReader(rules, sharing.open(agreement(true, 15)));
            second.read(Hex.buffer("c1 07 f248cdc9c90700"), sink);

            assertThat(sink.heard).containsExactly("TEXT Hello");
            assertThat(zlib.liveContexts()).isOne();
        }
    }

    @Test
    void aReaderNeedsAnInflationExactlyWhenItsRulesAllowCompression() {
        var limits = new Limits(1, 1, 0);
        Inflation inflation = pool.open(agreement(true, 15));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MessageReader(new FrameRules(true, true, limits)))
                .withMessage("deflate of the rules must be false, was true");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new MessageReader(new FrameRules(true, false, limits), inflation))
                .withMessage("deflate of the rules must be true, was false");
    }

    private MessageReader serverSpeaks(DeflateAgreement agreement) {
        return new MessageReader(new FrameRules(false, true, new Limits(MIB, MIB, 0)), pool.open(agreement));
    }

    private MessageReader clientSpeaks(int maxBytes, DeflateAgreement agreement) {
        return new MessageReader(new FrameRules(true, true, new Limits(maxBytes, maxBytes, 0)), pool.open(agreement));
    }

    private static DeflateAgreement agreement(boolean clientAlone, int clientBits) {
        return new DeflateAgreement(true, clientAlone, 15, clientBits, "");
    }

    private static byte[] deflated(byte[] message) {
        try (RawDeflate other = new RawDeflate()) {
            return other.deflate(message);
        }
    }

    private static byte[] flushed(byte[] message) {
        byte[] payload = deflated(message);
        byte[] withTail = Arrays.copyOf(payload, payload.length + 4);
        withTail[payload.length + 2] = (byte) 0xFF;
        withTail[payload.length + 3] = (byte) 0xFF;
        return withTail;
    }

    /** A message that repeats three bytes, {@code distance} of 5 to 32768 back: one block with fixed codes (RFC 1951 §3.2.5). */
    private static byte[] threeBytesFrom(int distance) {
        int log = 31 - Integer.numberOfLeadingZeros(distance - 1);
        int extraBits = log - 1;
        int code = 2 * log + ((distance - 1) >> extraBits & 1);
        long bits = 0b010 | reversed(1, 7) << 3 | reversed(code, 5) << 10;
        bits |= ((distance - 1L) & ((1L << extraBits) - 1)) << 15;
        int endBits = 7 + 3; // of the block, and the beginning of an empty one: zeros
        byte[] message = Unpooled.buffer().writeLongLE(bits).array();
        return Arrays.copyOf(message, (15 + extraBits + endBits + 7) / 8);
    }

    private static int reversed(int value, int count) {
        return Integer.reverse(value) >>> (Integer.SIZE - count);
    }

    private static ByteBuf frame(Opcode opcode, byte[] payload) {
        return frame(opcode, true, true, payload);
    }

    private static ByteBuf frame(Opcode opcode, boolean fin, boolean rsv1, byte[] payload) {
        ByteBuf frame = Unpooled.buffer();
        FrameWriter.writeMasked(frame, opcode, fin, rsv1, payload, MASK_KEY);
        return frame;
    }

    /** Random messages, some compressed, all with one context, in random fragments with pings between them. */
    private static final class Conversation {
        final ByteBuf wire = UNTRACKED.heapBuffer();
        final Recorder said = new Recorder();
        private final Random random;
        private boolean begun;

        Conversation(long seed) {
            random = new Random(seed);
            try (RawDeflate context = new RawDeflate()) {
                for (int length : new int[] {1, 0, 125, 20_000, 126, 5, 66_000, 300}) {
                    byte[] message = random.nextBoolean() ? Samples.json(length) : ascii(length);
                    boolean compressed = length > 0 && random.nextInt(4) > 0;
                    write(compressed ? context.deflate(message) : message, compressed);
                    said.message(Opcode.TEXT, message);
                }
            }
        }

        private byte[] ascii(int length) {
            StringBuilder text = new StringBuilder();
            random.ints(length, 0x20, 0x7F).forEach(c -> text.append((char) c));
            return text.toString().getBytes(US_ASCII);
        }

        private void write(byte[] payload, boolean compressed) {
            int from = 0;
            while (random.nextInt(3) > 0) {
                int to = random.nextInt(from, payload.length + 1);
                writeFragment(Arrays.copyOfRange(payload, from, to), !begun, false, compressed);
                from = to;
                FrameWriter.writeMasked(wire, Opcode.PING, true, false, new byte[3], random.nextInt());
                said.ping(new byte[3]);
            }
            writeFragment(Arrays.copyOfRange(payload, from, payload.length), !begun, true, compressed);
        }

        private void writeFragment(byte[] fragment, boolean first, boolean fin, boolean compressed) {
            Opcode opcode = first ? Opcode.TEXT : Opcode.CONTINUATION;
            FrameWriter.writeMasked(wire, opcode, fin, first && compressed, fragment, random.nextInt());
            begun = !fin;
        }
    }

    /** Keeps binary messages, which a {@link Recorder} would write in hex. */
    private record Keeper(List<byte[]> heard) implements MessageReader.Sink {
        @Override
        public void message(Opcode opcode, byte[] payload) {
            heard.add(payload);
        }

        @Override
        public void ping(byte[] payload) {}

        @Override
        public void pong(byte[] payload) {}

        @Override
        public void close(int code, String reason) {}
    }
}
