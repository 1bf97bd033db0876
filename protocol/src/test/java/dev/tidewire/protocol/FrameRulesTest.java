package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameRulesTest {
    private static final MessageReader.Limits LIMITS = new MessageReader.Limits(1000, 1500, 3);

    @ParameterizedTest(name = "{0} deflate={1} after {2} fragments: {3}")
    @CsvSource({
        "client, false, 0, 81 00,            client frame is not masked (RFC 6455 §5.1)",
        "server, false, 0, 81 80 00000000,   server frame is masked (RFC 6455 §5.1)",
        "client, false, 0, c1 80 00000000,   reserved bit 1 is set but compression was not negotiated (RFC 6455 §5.2)",
        "client, false, 0, c9 80 00000000,   reserved bit 1 is set but compression was not negotiated (RFC 6455 §5.2)",
        "client, true,  0, c9 80 00000000,   control frame is compressed (RFC 7692 §6.1)",
        "client, false, 0, 08 80 00000000,   control frame is fragmented (RFC 6455 §5.5)",
        "client, false, 1, 09 80 00000000,   control frame is fragmented (RFC 6455 §5.5)",
        "client, false, 0, 0a 80 00000000,   control frame is fragmented (RFC 6455 §5.5)",
        "client, false, 0, 88 fe 007e 00000000,             control frame is over 125 bytes (RFC 6455 §5.5)",
        "client, false, 0, 89 fe 007e 00000000,             control frame is over 125 bytes (RFC 6455 §5.5)",
        "client, false, 0, 8a ff 0000000100000000 00000000, control frame is over 125 bytes (RFC 6455 §5.5)",
        "client, false, 0, 80 80 00000000,   there is no message to continue (RFC 6455 §5.4)",
        "client, false, 0, 00 80 00000000,   there is no message to continue (RFC 6455 §5.4)",
        "client, false, 1, 81 80 00000000,   a new message begins inside an unfinished one (RFC 6455 §5.4)",
        "client, false, 2, 02 80 00000000,   a new message begins inside an unfinished one (RFC 6455 §5.4)",
        "client, true,  1, c0 80 00000000,   compressed bit is set after the first fragment (RFC 7692 §6.1)",
    })
    void refuseWithProtocolError(String who, boolean deflate, int openFragments, String header, String because) {
        ProtocolViolation violation = violation(who, deflate, openFragments, 0, header);

        assertThat(violation).hasMessage(because);
        assertThat(violation.closeCode()).isEqualTo(CloseCode.PROTOCOL_ERROR);
    }

    @ParameterizedTest(name = "{2} after {0} fragments of {1} bytes")
    @CsvSource({
        "0, 0,    82 fe 03e9 00000000,             'frame of 1001 bytes, limit 1000 (maxFrameBytes)'",
        "0, 0,    82 ff 7fffffffffffffff 00000000, 'frame of 9223372036854775807 bytes, limit 1000 (maxFrameBytes)'",
        "1, 501,  80 fe 03e8 00000000,             'message of at least 1501 bytes, limit 1500 (maxMessageBytes)'",
        "2, 1500, 00 81 00000000,                  'message of at least 1501 bytes, limit 1500 (maxMessageBytes)'",
        "3, 0,    80 80 00000000,                  'message of more than 3 fragments (maxFragments)'",
    })
    void refuseWhatIsOverALimit(int openFragments, int openBytes, String header, String because) {
        ProtocolViolation violation = violation("client", false, openFragments, openBytes, header);

        assertThat(violation).hasMessage(because);
        assertThat(violation.closeCode()).isEqualTo(CloseCode.MESSAGE_TOO_BIG);
        assertThat(because).endsWith("(" + violation.rule() + ")");
    }

    /** Compression makes some frames longer: of 1000 bytes, up to 1189; how long the message becomes is seen later. */
    @ParameterizedTest(name = "{0} after {1} bytes in an open message, compressed: {2}")
    @CsvSource({
        "c2 fe 04a5 00000000, 0,    false, ''",
        "c2 fe 04a6 00000000, 0,    false, 'frame of 1190 bytes, limit 1189 (maxFrameBytes)'",
        "82 fe 04a5 00000000, 0,    false, 'frame of 1189 bytes, limit 1000 (maxFrameBytes)'",
        "80 fe 04a5 00000000, 1500, true,  ''",
        "80 fe 04a6 00000000, 1500, true,  'frame of 1190 bytes, limit 1189 (maxFrameBytes)'",
        "80 81 00000000,      1500, false, 'message of at least 1501 bytes, limit 1500 (maxMessageBytes)'",
    })
    void allowACompressedFrameToBeALittleLonger(String header, int openBytes, boolean compressed, String otherwise) {
        FrameRules rules = new FrameRules(true, true, LIMITS);
        ByteBuffer in = ByteBuffer.wrap(Hex.bytes(header));
        int start = FrameHeader.readStart(in);
        long length = FrameHeader.readLength(in, start);
        int openFragments = FrameHeader.opcode(start) == Opcode.CONTINUATION ? 1 : 0;

        ProtocolViolation violation = catchThrowableOfType(
                ProtocolViolation.class, () -> rules.check(start, length, openFragments, openBytes, compressed));

        assertThat(violation == null ? "" : violation.getMessage()).isEqualTo(otherwise);
    }

    /** Nobody has set one for frames. */
    @Test
    void nameTheLimitOfMessagesWhereFramesHaveNoLowerOne() {
        FrameRules rules = new FrameRules(true, false, new MessageReader.Limits(1000, 1000, 0));

        assertThatThrownBy(() -> rules.check(0x82FE, 1001, 0, 0, false))
                .hasMessage("frame of 1001 bytes, limit 1000 (maxMessageBytes)");
    }

    @Test
    void haveNoLimitThatAnIntCannotHold() {
        FrameRules rules = new FrameRules(true, true, new MessageReader.Limits(2147483639, 1, 0));

        assertThatThrownBy(() -> rules.check(0xC2FF, 1L << 31, 0, 0, false))
                .hasMessage("frame of 2147483648 bytes, limit 2147483647 (maxMessageBytes)");
    }

    @ParameterizedTest(name = "{0} deflate={1} after {2} fragments of {3} bytes: {4}")
    @CsvSource({
        "client, false, 0, 0,    81 80 00000000",
        "client, false, 0, 0,    02 80 00000000",
        "server, false, 0, 0,    81 00",
        "client, true,  0, 0,    c1 80 00000000",
        "client, true,  0, 0,    41 80 00000000",
        "client, false, 1, 10,   00 80 00000000",
        "client, false, 1, 10,   80 80 00000000",
        "client, false, 0, 0,    89 fd 00000000",
        "client, false, 3, 1500, 89 fd 00000000", // a control frame counts towards no limit of the message
        "client, false, 3, 1500, 88 80 00000000",
        "client, false, 0, 0,    82 fe 03e8 00000000",
        "client, false, 1, 500,  80 fe 03e8 00000000",
        "client, false, 2, 1500, 80 80 00000000",
    })
    void allow(String who, boolean deflate, int openFragments, int openBytes, String header) {
        assertThatCode(() -> check(who, deflate, openFragments, openBytes, header))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"1", "65536", "2147483646"})
    void countNoFragmentsWhenThatLimitIsZero(int openFragments) {
        FrameRules rules = new FrameRules(true, false, new MessageReader.Limits(1, 1, 0));

        assertThatCode(() -> rules.check(0x0080, 0, openFragments, 0, false)).doesNotThrowAnyException();
    }

    private static ProtocolViolation violation(
            String who, boolean deflate, int openFragments, int openBytes, String header) {
        return catchThrowableOfType(
                ProtocolViolation.class, () -> check(who, deflate, openFragments, openBytes, header));
    }

    private static void check(String who, boolean deflate, int openFragments, int openBytes, String header) {
        FrameRules rules = new FrameRules(who.equals("client"), deflate, LIMITS);
        ByteBuffer in = ByteBuffer.wrap(Hex.bytes(header));
        int start = FrameHeader.readStart(in);
        rules.check(start, FrameHeader.readLength(in, start), openFragments, openBytes, false);
    }
}
