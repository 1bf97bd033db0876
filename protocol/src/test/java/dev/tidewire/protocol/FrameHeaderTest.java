package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameHeaderTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "81 05,                             true,  false, TEXT,         false, 0,           5",
        "81 85 37fa213d,                    true,  false, TEXT,         true,  37fa213d,    5",
        "02 80 00000000,                    false, false, BINARY,       true,  0,           0",
        "80 7d,                             true,  false, CONTINUATION, false, 0,           125",
        "c1 7e 007e,                        true,  true,  TEXT,         false, 0,           126",
        "82 fe ffff ffffffff,               true,  false, BINARY,       true,  ffffffff,    65535",
        "82 7f 0000000000010000,            true,  false, BINARY,       false, 0,           65536",
        "82 ff 7fffffffffffffff 01020304,   true,  false, BINARY,       true,  01020304,    9223372036854775807",
        "88 00,                             true,  false, CLOSE,        false, 0,           0",
        "89 00,                             true,  false, PING,         false, 0,           0",
        "8a 00,                             true,  false, PONG,         false, 0,           0",
    })
    void isReadFieldByField(
            String bytes, boolean fin, boolean rsv1, Opcode opcode, boolean masked, String key, long payloadLength) {
        ByteBuffer in = ByteBuffer.wrap(Hex.bytes(bytes + "ee"));
        assertThat(FrameHeader.sizeOf(in)).isEqualTo(in.remaining() - 1);

        int start = FrameHeader.readStart(in);

        assertThat(FrameHeader.fin(start)).isEqualTo(fin);
        assertThat(FrameHeader.rsv1(start)).isEqualTo(rsv1);
        assertThat(FrameHeader.opcode(start)).isEqualTo(opcode);
        assertThat(FrameHeader.masked(start)).isEqualTo(masked);
        assertThat(FrameHeader.readLength(in, start)).isEqualTo(payloadLength);
        assertThat(FrameHeader.readMaskKey(in, start)).isEqualTo(Integer.parseUnsignedInt(key, 16));
        assertThat(in.remaining()).isOne();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "81"})
    void isOfUnknownSizeWithoutItsSecondByte(String bytes) {
        assertThat(FrameHeader.sizeOf(ByteBuffer.wrap(Hex.bytes(bytes)))).isEqualTo(FrameHeader.UNKNOWN);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "a1 00,                    reserved bit 2 or 3 is set",
        "91 00,                    reserved bit 2 or 3 is set",
        "83 00,                    opcode 3 is reserved",
        "84 00,                    opcode 4 is reserved",
        "85 00,                    opcode 5 is reserved",
        "86 00,                    opcode 6 is reserved",
        "87 00,                    opcode 7 is reserved",
        "8b 00,                    opcode 11 is reserved",
        "8c 00,                    opcode 12 is reserved",
        "8d 00,                    opcode 13 is reserved",
        "8e 00,                    opcode 14 is reserved",
        "8f 00,                    opcode 15 is reserved",
        "82 7e 0000,               payload length is not in the fewest bytes",
        "82 7e 007d,               payload length is not in the fewest bytes",
        "82 7f 0000000000000000,   payload length is not in the fewest bytes",
        "82 7f 000000000000007d,   payload length is not in the fewest bytes",
        "82 7f 000000000000ffff,   payload length is not in the fewest bytes",
        "82 7f 8000000000000000,   payload length has its top bit set",
        "82 7f ffffffffffffffff,   payload length has its top bit set",
    })
    void isRefusedWhenNoExtensionCouldMakeItLegal(String bytes, String because) {
        ByteBuffer in = ByteBuffer.wrap(Hex.bytes(bytes));

        assertThatThrownBy(() -> FrameHeader.readLength(in, FrameHeader.readStart(in)))
                .hasMessage(because + " (RFC 6455 §5.2)")
                .asInstanceOf(type(ProtocolViolation.class))
                .returns(CloseCode.PROTOCOL_ERROR, ProtocolViolation::closeCode);
    }
}
