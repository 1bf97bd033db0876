package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Arrays;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FramesTest {
    private final RandomGenerator random = new Random(1);

    /** RFC 6455 §5.7. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "81 05 48656c6c6f,            true,  TEXT,         Hello",
        "81 85 37fa213d 7f9f4d5158,   true,  TEXT,         Hello",
        "01 03 48656c,                false, TEXT,         Hel",
        "80 02 6c6f,                  true,  CONTINUATION, lo",
        "89 05 48656c6c6f,            true,  PING,         Hello",
        "8a 85 37fa213d 7f9f4d5158,   true,  PONG,         Hello",
    })
    void unpackTheExamplesOfTheRfc(String frame, boolean fin, Opcode opcode, String payload) {
        assertUnpacked(Frames.unpack(Hex.bytes(frame)), fin, opcode, Hex.utf8(payload));
    }

    @ParameterizedTest(name = "{0} bytes, fin {1}, mask {2}")
    @CsvSource({
        "0,     true,  false, 2",
        "0,     true,  true,  6",
        "125,   false, false, 127",
        "125,   true,  true,  131",
        "126,   true,  false, 130",
        "126,   false, true,  134",
        "65535, true,  false, 65539",
        "65535, true,  true,  65543",
        "65536, true,  false, 65546",
        "65536, false, true,  65550",
    })
    void unpackWhatTheyPacked(int payloadBytes, boolean fin, boolean mask, int frameBytes) {
        byte[] payload = new byte[payloadBytes];
        new Random(payloadBytes).nextBytes(payload);
        byte[] before = payload.clone();

        byte[] frame = Frames.pack(payload, Opcode.BINARY, fin, mask, random);
        byte[] packed = frame.clone();

        assertThat(frame).hasSize(frameBytes);
        assertUnpacked(Frames.unpack(frame), fin, Opcode.BINARY, before);
        assertThat(payload).isEqualTo(before);
        assertThat(frame).isEqualTo(packed);
    }

    @Test
    void areMaskedWithAKeyFromTheGivenSource() {
        byte[] frame = Frames.pack(Hex.utf8("Hello"), Opcode.TEXT, true, true, fixed(0x37fa213d));

        assertThat(Hex.of(frame)).isEqualTo("818537fa213d7f9f4d5158");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLOSE", "PING", "PONG"})
    void alwaysFinishWhenTheyAreControlFrames(Opcode opcode) {
        byte[] frame = Frames.pack(new byte[0], opcode, false, false, random);

        assertThat(Frames.unpack(frame).fin()).isTrue();
    }

    @Test
    void unpackTheFirstOfSeveralAndIgnoreTheRest() {
        assertUnpacked(Frames.unpack(Hex.bytes("82 01 07 | ffff")), true, Opcode.BINARY, Hex.bytes("07"));
    }

    /** A fragment may end inside a character; only the whole message need not. */
    @Test
    void unpackAFragmentOfTextWithoutJudgingItsBytes() {
        assertUnpacked(Frames.unpack(Hex.bytes("01 01 c3")), false, Opcode.TEXT, Hex.bytes("c3"));
    }

    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource({
        "'',                              1002, frame ends inside its header (RFC 6455 §5.2)",
        "81,                              1002, frame ends inside its header (RFC 6455 §5.2)",
        "81 7e 00,                        1002, frame ends inside its header (RFC 6455 §5.2)",
        "81 85 37fa21,                    1002, frame ends inside its header (RFC 6455 §5.2)",
        "81 05 48656c6c,                  1002, frame announces 5 bytes of payload and has 4 (RFC 6455 §5.2)",
        "82 7f 000000007fffffff,          1002, frame announces 2147483647 bytes of payload and has 0 (RFC 6455 §5.2)",
        "82 7f 0000000080000000,          1009, payload of 2147483648 bytes is over 2147483647 (RFC 6455 §10.4)",
        "82 7f 8000000000000000,          1002, payload length has its top bit set (RFC 6455 §5.2)",
        "82 7e 007d,                      1002, payload length is not in the fewest bytes (RFC 6455 §5.2)",
        "c1 00,                           1002, reserved bit 1 is set but compression was not negotiated (RFC 6455 §5.2)",
        "a1 00,                           1002, reserved bit 2 or 3 is set (RFC 6455 §5.2)",
        "91 00,                           1002, reserved bit 2 or 3 is set (RFC 6455 §5.2)",
        "83 00,                           1002, opcode 3 is reserved (RFC 6455 §5.2)",
        "8f 00,                           1002, opcode 15 is reserved (RFC 6455 §5.2)",
        "09 00,                           1002, control frame is fragmented (RFC 6455 §5.5)",
        "89 7e 007e,                      1002, control frame is over 125 bytes (RFC 6455 §5.5)",
        "88 01 03,                        1002, close payload is one byte (RFC 6455 §5.5.1)",
        "88 02 03ed,                      1002, close code 1005 is not for the wire (RFC 6455 §7.4)",
        "88 03 03e8 ff,                   1007, close reason is not UTF-8 (RFC 6455 §5.5.1)",
        "81 01 ff,                        1007, text is not UTF-8 (RFC 6455 §8.1)",
        "81 01 c3,                        1007, text is not UTF-8 (RFC 6455 §8.1)",
    })
    void refuseWhatNoPeerMaySend(String frame, int closeCode, String because) {
        byte[] bytes = Hex.bytes(frame);

        ProtocolViolation violation = catchThrowableOfType(ProtocolViolation.class, () -> Frames.unpack(bytes));

        assertThat(violation).hasMessage(because);
        assertThat(violation.closeCode()).isEqualTo(closeCode);
    }

    @ParameterizedTest(name = "{0} of {1}: {2}")
    @CsvSource({
        "CLOSE, 03,       close payload is one byte (RFC 6455 §5.5.1)",
        "CLOSE, 03ec,     close code 1004 is not for the wire (RFC 6455 §7.4)",
        "CLOSE, 03e8 c3,  close reason is not UTF-8 (RFC 6455 §5.5.1)",
        "TEXT,  ff,       text is not UTF-8 (RFC 6455 §8.1)",
    })
    void refuseToPackWhatTheyWouldNotUnpack(Opcode opcode, String payload, String because) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Frames.pack(Hex.bytes(payload), opcode, true, false, random))
                .withMessage(because);
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLOSE", "PING", "PONG"})
    void refuseToPackAControlPayloadOneByteTooLong(Opcode opcode) {
        byte[] payload = new byte[126];
        Arrays.fill(payload, (byte) 0x0f);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Frames.pack(payload, opcode, true, false, random))
                .withMessage("control payload must be at most 125 bytes (RFC 6455 §5.5), was 126");
        assertThatCode(() -> Frames.pack(Arrays.copyOf(payload, 125), opcode, true, false, random))
                .doesNotThrowAnyException();
    }

    private static void assertUnpacked(UnpackedFrame frame, boolean fin, Opcode opcode, byte[] payload) {
        assertThat(frame.fin()).isEqualTo(fin);
        assertThat(frame.opcode()).isEqualTo(opcode);
        assertThat(frame.payload()).isEqualTo(payload);
    }

    private static RandomGenerator fixed(int value) {
        return () -> (long) value << 32;
    }
}
