package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.tidewire.protocol.MessageReader.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {
    private static final Limits LIMITS = new Limits(1 << 20, 1 << 20, 65_536);

    /**
     * "Hel", a ping in the middle, "lo"; an empty message; an empty text in three empty fragments; a pong; 200 bytes; an "ü"
     * in two fragments; a close.
     */
    private static final String CONVERSATION = "01 83 00000000 48656c | 89 82 01020304 aabb | 80 82 37fa213d 5b95"
            + "| 82 80 01020304 | 01 80 00000000 | 00 80 00000000 | 80 80 00000000 | 8a 81 00000000 07"
            + "| 82 fe 00c8 00000000" + "5a".repeat(200)
            + "| 01 81 00000000 c3 | 80 81 00000000 bc | 88 85 00000000 03e8 627965";

    private static final List<String> SAID = List.of(
            "PING abb9",
            "TEXT Hello",
            "BINARY ",
            "TEXT ",
            "PONG 07",
            "BINARY " + "5a".repeat(200),
            "TEXT ü",
            "CLOSE 1000 bye");

    private final MessageReader reader = new MessageReader(LIMITS, true);
    private final Recorder sink = new Recorder();

    @ParameterizedTest(name = "{0} bytes at a time")
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, 64, 1000})
    void messagesDoNotDependOnHowTheNetworkCutThem(int chunkBytes) {
        byte[] bytes = Hex.bytes(CONVERSATION);
        for (int from = 0; from < bytes.length; from += chunkBytes) {
            readFrom(bytes, from, Math.min(bytes.length, from + chunkBytes));
        }

        assertThat(sink.heard).isEqualTo(SAID);
    }

    @Test
    void messagesDoNotDependOnWhereASingleCutIs() {
        byte[] bytes = Hex.bytes(CONVERSATION);
        for (int cut = 0; cut <= bytes.length; cut++) {
            Recorder heard = new Recorder();
            MessageReader twoReads = new MessageReader(LIMITS, true);
            twoReads.read(Unpooled.wrappedBuffer(bytes, 0, cut), heard);
            twoReads.read(Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut), heard);

            assertThat(heard.heard).as("cut at %d", cut).isEqualTo(SAID);
        }
    }

    @Test
    void messagesDoNotDependOnWhichPartsABufferHas() {
        byte[] bytes = Hex.bytes(CONVERSATION);
        for (int cut = 1; cut < bytes.length; cut++) {
            ByteBuf parts = Unpooled.wrappedBuffer(
                    Unpooled.wrappedBuffer(bytes, 0, cut), Unpooled.wrappedBuffer(bytes, cut, bytes.length - cut));
            Recorder heard = new Recorder();

            new MessageReader(LIMITS, true).read(parts, heard);

            assertThat(heard.heard).as("cut at %d", cut).isEqualTo(SAID);
            assertThat(parts.isReadable()).isFalse();
        }
    }

    @Test
    void randomMessagesSurviveRandomFragmentsAndRandomCuts() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Recorder expected = new Recorder();
            ByteBuf wire = Unpooled.buffer();
            for (int i = 0; i < 10; i++) {
                speak(random, wire, expected);
            }
            Recorder heard = new Recorder();
            MessageReader cutAnywhere = new MessageReader(LIMITS, true);
            while (wire.isReadable()) {
                cutAnywhere.read(wire.readSlice(Math.min(wire.readableBytes(), 1 + random.nextInt(3000))), heard);
            }

            assertThat(heard.heard).as("seed %d", seed).isEqualTo(expected.heard);
        }
    }

    @Test
    void messagesDoNotDependOnWhoPutsThePayloadInItsPlace() {
        int fills = 0;
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            Recorder expected = new Recorder();
            ByteBuf wire = Unpooled.buffer();
            for (int i = 0; i < 10; i++) {
                speak(random, wire, expected);
            }
            Recorder heard = new Recorder();
            MessageReader filled = new MessageReader(LIMITS, true);
            while (wire.isReadable()) {
                ByteBuffer room = filled.room();
                int count = Math.min(wire.readableBytes(), 1 + random.nextInt(3000));
                if (room.hasRemaining()) {
                    count = Math.min(count, room.remaining());
                    wire.readBytes(room.array(), room.arrayOffset() + room.position(), count);
                    filled.filled(count, heard);
                    fills++;
                } else {
                    filled.read(wire.readSlice(count), heard);
                }
            }

            assertThat(heard.heard).as("seed %d", seed).isEqualTo(expected.heard);
        }
        assertThat(fills).isGreaterThan(200);
    }

    @Test
    void givesRoomForNoMoreThanWhatHasComeIsTrustedWith() {
        assertThat(reader.room().hasRemaining()).isFalse();
        assertThat(reader.missingBytes()).isZero();
        byte[] bytes = Hex.bytes("82 ff 0000000000080000 00000000" + "61".repeat(1000)); // of 512 KiB
        readFrom(bytes, 0, bytes.length);

        assertThat(reader.missingBytes()).isEqualTo((1 << 19) - 1000);
        assertThat(reader.room().remaining()).isEqualTo(31 * 1000);
        reader.filled(1, sink);
        assertThat(reader.room().remaining()).isEqualTo(31 * 1000 - 1);
    }

    @Test
    void roomOfATextIsRefusedAtTheFirstImpossibleByte() {
        byte[] bytes = Hex.bytes("81 ff 0000000000080000 00000000" + "61".repeat(1000));
        readFrom(bytes, 0, bytes.length);
        ByteBuffer room = reader.room();
        room.put(room.position(), (byte) 0xff);

        assertThatThrownBy(() -> reader.filled(1, sink)).isInstanceOf(ProtocolViolation.class);
        assertThat(reader.room().hasRemaining()).isFalse();
    }

    @Test
    void takesAllBytesAndLeavesTheBufferToItsOwner() {
        ByteBuf in = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(Hex.bytes(CONVERSATION + "ffff"));

        reader.read(in, sink);

        assertThat(in.isReadable()).isFalse();
        assertThat(in.refCnt()).isOne();
        in.release();
    }

    @Test
    void readsWhatAServerSaysWithoutMasks() {
        new MessageReader(LIMITS, false).read(Hex.buffer("81 02 6869 | 01 01 61 | 80 01 62 | 88 00"), sink);

        assertThat(sink.heard).containsExactly("TEXT hi", "TEXT ab", "CLOSE 1005 ");
    }

    @Test
    void givesEachMessageAnArrayOfItsOwn() {
        byte[][] given = new byte[2][];
        MessageReader.Sink keeper = new IgnoringSink() {
            @Override
            public void message(Opcode opcode, byte[] payload) {
                given[given[0] == null ? 0 : 1] = payload;
            }
        };

        reader.read(Hex.buffer("82 81 00000000 01 | 82 81 00000000 02"), keeper);

        assertThat(given).isDeepEqualTo(new byte[][] {{1}, {2}});
    }

    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource({
        "81 00,                                       1002, client frame is not masked (RFC 6455 §5.1)",
        "83 80 00000000,                              1002, opcode 3 is reserved (RFC 6455 §5.2)",
        "80 80 00000000,                              1002, there is no message to continue (RFC 6455 §5.4)",
        "01 80 00000000 | 01 80 00000000,             1002, a new message begins inside an unfinished one (RFC 6455 §5.4)",
        "88 81 00000000 03,                           1002, close payload is one byte (RFC 6455 §5.5.1)",
        "88 82 00000000 03ee,                         1002, close code 1006 is not for the wire (RFC 6455 §7.4)",
        "88 83 00000000 03e8 ff,                      1007, close reason is not UTF-8 (RFC 6455 §5.5.1)",
        "81 81 00000000 ff,                           1007, text is not UTF-8 (RFC 6455 §8.1)",
        "81 81 00000000 c3,                           1007, text is not UTF-8 (RFC 6455 §8.1)",
        "01 81 00000000 c3 | 80 81 00000000 28,       1007, text is not UTF-8 (RFC 6455 §8.1)",
        "01 81 00000000 c3 | 80 80 00000000,          1007, text is not UTF-8 (RFC 6455 §8.1)",
    })
    void tellsWhatWasGoodBeforeItThrows(String bad, int closeCode, String because) {
        ByteBuf in = Hex.buffer("82 81 00000000 2a |" + bad);

        ProtocolViolation violation = catchThrowableOfType(ProtocolViolation.class, () -> reader.read(in, sink));

        assertThat(violation).hasMessage(because);
        assertThat(violation.closeCode()).isEqualTo(closeCode);
        assertThat(sink.heard).containsExactly("BINARY 2a");
    }

    /** What comes before the last byte may be fine, and what would come behind it may never come. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "83,                  opcode 3 is reserved (RFC 6455 §5.2)",
        "8f,                  opcode 15 is reserved (RFC 6455 §5.2)",
        "91,                  reserved bit 2 or 3 is set (RFC 6455 §5.2)",
        "c1,                  reserved bit 1 is set but compression was not negotiated (RFC 6455 §5.2)",
        "09,                  control frame is fragmented (RFC 6455 §5.5)",
        "80,                  there is no message to continue (RFC 6455 §5.4)",
        "01 80 00000000 | 81, a new message begins inside an unfinished one (RFC 6455 §5.4)",
        "81 7e,               client frame is not masked (RFC 6455 §5.1)",
        "89 7f,               client frame is not masked (RFC 6455 §5.1)",
        "01 80 00000000 | 80 7f, client frame is not masked (RFC 6455 §5.1)",
    })
    void refusesAHeaderAtTheFirstImpossibleByte(String hex, String because) {
        byte[] bytes = Hex.bytes(hex);
        MessageReader atOnce = new MessageReader(LIMITS, true);
        assertThatThrownBy(() -> atOnce.read(Hex.buffer(hex), sink)).hasMessage(because);

        int last = bytes.length - 1;
        for (int i = 0; i < last; i++) {
            readFrom(bytes, i, i + 1);
        }
        assertThatThrownBy(() -> readFrom(bytes, last, bytes.length)).hasMessage(because);
    }

    @Test
    void refusesAMaskOfAServerBeforeTheLengthHasCome() {
        MessageReader client = new MessageReader(LIMITS, false);
        client.read(Hex.buffer("81"), sink);

        assertThatThrownBy(() -> client.read(Hex.buffer("ff"), sink))
                .hasMessage("server frame is masked (RFC 6455 §5.1)");
    }

    @Test
    void judgesALengthWhenTheHeaderIsWhole() {
        reader.read(Hex.buffer("89 fe 007e 000000"), sink);

        assertThatThrownBy(() -> reader.read(Hex.buffer("00"), sink))
                .hasMessage("control frame is over 125 bytes (RFC 6455 §5.5)");
    }

    @Test
    void isDeafAfterAViolation() {
        ByteBuf bad = Hex.buffer("83 80 00000000 | 82 81 00000000 2a");
        assertThatThrownBy(() -> reader.read(bad, sink)).isInstanceOf(ProtocolViolation.class);
        ByteBuf more = Hex.buffer("82 81 00000000 2a | 83");

        reader.read(more, sink);

        assertThat(sink.heard).isEmpty();
        assertThat(bad.isReadable()).isFalse();
        assertThat(more.isReadable()).isFalse();
    }

    @Test
    void isDeafAfterAClose() {
        reader.read(Hex.buffer("88 80 00000000 | 82 81 00000000 2a | ffff"), sink);
        reader.read(Hex.buffer("ffffffff"), sink);

        assertThat(sink.heard).containsExactly("CLOSE 1005 ");
    }

    @Test
    void isDeafWhenASinkStopsIt() {
        MessageReader.Sink stopper = new IgnoringSink() {
            @Override
            public void message(Opcode opcode, byte[] payload) {
                sink.message(opcode, payload);
                reader.stop();
            }
        };
        ByteBuf in = Hex.buffer("82 81 00000000 01 | 82 81 00000000 02 | 82");

        reader.read(in, stopper);
        reader.read(Hex.buffer("82 81 00000000 03"), stopper);

        assertThat(sink.heard).containsExactly("BINARY 01");
        assertThat(in.isReadable()).isFalse();
    }

    @Test
    void isDeafWhenItWasStoppedInTheMiddleOfAMessage() {
        reader.read(Hex.buffer("01 83 00000000 6162"), sink);

        reader.stop();
        reader.read(Hex.buffer("63 | 80 80 00000000"), sink);

        assertThat(sink.heard).isEmpty();
    }

    @Test
    void isDeafWhenASinkThrows() {
        MessageReader.Sink broken = new IgnoringSink() {
            @Override
            public void ping(byte[] payload) {
                throw new IllegalStateException("out of order");
            }
        };

        assertThatThrownBy(() -> reader.read(Hex.buffer("89 80 00000000 | 82 80 00000000"), broken))
                .hasMessage("out of order");
        reader.read(Hex.buffer("82 80 00000000"), sink);

        assertThat(sink.heard).isEmpty();
    }

    /** RFC 6455 §8.1: 48 49 were good, the byte after them never can be, and two more are still to come. */
    @Test
    void refusesTextAtTheFirstImpossibleByteOfAnUnfinishedFrame() {
        reader.read(Hex.buffer("01 85 00000000 4849"), sink);

        assertThatThrownBy(() -> reader.read(Hex.buffer("ff"), sink)).hasMessage("text is not UTF-8 (RFC 6455 §8.1)");
    }

    @Test
    void refusesASurrogateBeforeItsLastByteHasCome() {
        reader.read(Hex.buffer("81 83 00000000 ed"), sink);

        assertThatThrownBy(() -> reader.read(Hex.buffer("a0"), sink)).hasMessage("text is not UTF-8 (RFC 6455 §8.1)");
    }

    @ParameterizedTest(name = "a length of {1} against frame {2}, message {3}: {0}")
    @CsvSource({
        "true,  10, 10, 20",
        "false, 11, 10, 20",
        "true,  10, 20, 10",
        "false, 11, 20, 10",
    })
    void takesAMessageUpToTheLimitsAndNoneOneLonger(
            boolean taken, int payloadBytes, int maxFrameBytes, int maxMessageBytes) {
        MessageReader limited = new MessageReader(new Limits(maxFrameBytes, maxMessageBytes, 0), true);
        ByteBuf frame = Unpooled.buffer();
        FrameWriter.writeMasked(frame, Opcode.BINARY, true, false, new byte[payloadBytes], 1);

        if (taken) {
            limited.read(frame, sink);
            assertThat(sink.heard).hasSize(1);
        } else {
            assertThatThrownBy(() -> limited.read(frame, sink)).isInstanceOf(ProtocolViolation.class);
        }
    }

    @Test
    void countsAllFragmentsTowardsTheLimitOfAMessage() {
        MessageReader limited = new MessageReader(new Limits(5, 8, 0), true);
        String five = "02 85 00000000 0102030405";
        limited.read(Hex.buffer(five + "| 80 83 00000000 060708"), sink);
        assertThat(sink.heard).containsExactly("BINARY 0102030405060708");

        assertThatThrownBy(() -> limited.read(Hex.buffer(five + "| 80 84 00000000"), sink))
                .hasMessage("message of at least 9 bytes, limit 8 (maxMessageBytes)");
    }

    @Test
    void countsFragmentsAndStartsAgainWithTheNextMessage() {
        MessageReader limited = new MessageReader(new Limits(5, 8, 2), true);
        String two = "02 80 00000000 | 89 80 00000000 | 80 80 00000000 |";
        limited.read(Hex.buffer(two + two), sink);
        assertThat(sink.heard).containsExactly("PING ", "BINARY ", "PING ", "BINARY ");

        assertThatThrownBy(() -> limited.read(Hex.buffer("02 80 00000000 | 00 80 00000000 | 80 80 00000000"), sink))
                .hasMessage("message of more than 2 fragments (maxFragments)");
    }

    @Test
    void readsAMessageOfVeryManySmallFragments() {
        MessageReader patient = new MessageReader(new Limits(64, 4 << 20, 0), true);
        ByteBuf wire = Unpooled.buffer();
        byte[] fragment = Hex.utf8("x".repeat(64));
        int fragments = (4 << 20) / 64;
        for (int i = 0; i < fragments; i++) {
            Opcode opcode = i == 0 ? Opcode.TEXT : Opcode.CONTINUATION;
            FrameWriter.writeMasked(wire, opcode, i == fragments - 1, false, fragment, i);
        }

        patient.read(wire, sink);

        assertThat(sink.heard).containsExactly("TEXT " + "x".repeat(4 << 20));
    }

    @ParameterizedTest(name = "frame {0}, message {1}, fragments {2}")
    @CsvSource({
        "0,          1,          0,  'maxFrameBytes must be 1 to 2147483639, was 0'",
        "2147483640, 1,          0,  'maxFrameBytes must be 1 to 2147483639, was 2147483640'",
        "1,          -1,         0,  'maxMessageBytes must be 1 to 2147483639, was -1'",
        "1,          2147483647, 0,  'maxMessageBytes must be 1 to 2147483639, was 2147483647'",
        "1,          1,          -1, 'maxFragments must not be negative, was -1'",
    })
    void hasLimitsThatMakeSense(int maxFrameBytes, int maxMessageBytes, int maxFragments, String otherwise) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Limits(maxFrameBytes, maxMessageBytes, maxFragments))
                .withMessage(otherwise);
        assertThatCode(() -> new Limits(2147483639, 1, 0)).doesNotThrowAnyException();
    }

    private void readFrom(byte[] bytes, int from, int to) {
        reader.read(Unpooled.wrappedBuffer(bytes, from, to - from), sink);
    }

    /** A random message in random fragments with pings between them, and what should be heard of it. */
    private static void speak(Random random, ByteBuf wire, Recorder expected) {
        byte[] message = randomMessage(random);
        Opcode opcode = random.nextBoolean() ? Opcode.TEXT : Opcode.BINARY;
        int from = 0;
        boolean last = false;
        for (Opcode next = opcode; !last; next = Opcode.CONTINUATION) {
            int to = random.nextInt(from, message.length + 1);
            last = random.nextInt(3) == 0;
            byte[] fragment = Arrays.copyOfRange(message, from, last ? message.length : to);
            FrameWriter.writeMasked(wire, next, last, false, fragment, random.nextInt());
            if (!last && random.nextBoolean()) {
                FrameWriter.writeMasked(
                        wire, Opcode.PING, true, false, fragment.length > 125 ? new byte[9] : fragment, 7);
                expected.ping(fragment.length > 125 ? new byte[9] : fragment);
            }
            from = to;
        }
        expected.message(opcode, message);
    }

    private static byte[] randomMessage(Random random) {
        int[] lengths = {0, 1, 125, 126, 1000, 70_000};
        return Hex.utf8("aé€😀".repeat(lengths[random.nextInt(lengths.length)] / 10 + random.nextInt(2)));
    }

    /** A sink to override one method of. */
    private abstract static class IgnoringSink implements MessageReader.Sink {
        @Override
        public void message(Opcode opcode, byte[] payload) {}

        @Override
        public void ping(byte[] payload) {}

        @Override
        public void pong(byte[] payload) {}

        @Override
        public void close(int code, String reason) {}
    }
}
