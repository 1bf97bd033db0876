package dev.tidewire.server;

import static dev.tidewire.server.WebSocketServer.pack;
import static dev.tidewire.server.WebSocketServer.unpack;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.protocol.ProtocolViolation;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class PackTest {
    /** The unmasked examples of RFC 6455 §5.7. */
    @Test
    void packsAsTheRfcShows() {
        assertThat(pack("Hello")).asHexString().isEqualTo("810548656C6C6F");
        assertThat(pack("Hel", Opcode.TEXT, false, false)).asHexString().isEqualTo("010348656C");
        assertThat(pack("lo", 0, true, false)).asHexString().isEqualTo("80026C6F");
        assertThat(pack(new byte[256], 2, true, false))
                .startsWith(0x82, 0x7E, 0x01, 0x00)
                .hasSize(260);
        assertThat(pack(new byte[65_536], Opcode.BINARY, true, false))
                .startsWith(0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0)
                .hasSize(65_546);
    }

    @ParameterizedTest(name = "{0} bytes, masked {1}")
    @CsvSource({
        "0, false", "125, false", "126, false", "65535, false", "65536, false",
        "0, true", "125, true", "126, true", "65535, true", "65536, true",
    })
    void whatIsPackedIsUnpacked(int bytes, boolean mask) {
        byte[] payload = new byte[bytes];
        new Random(bytes).nextBytes(payload);
        byte[] before = payload.clone();

        byte[] packed = pack(payload, Opcode.BINARY, true, mask);
        byte[] packedBefore = packed.clone();
        Frame frame = unpack(packed);

        assertThat(frame.bytes()).isEqualTo(payload).isEqualTo(before);
        assertThat(packed).isEqualTo(packedBefore);
        assertThat((packed[1] & 0x80) != 0).isEqualTo(mask);
        assertThat(pack(frame, false)).isEqualTo(pack(payload, Opcode.BINARY, true, false));
        assertThat(frame.fd()).isZero();
        assertThat(frame.opcode()).isEqualTo(Opcode.BINARY);
        assertThat(frame.fin()).isTrue();
    }

    @Test
    void unpacksTheFirstFrameAndIgnoresTheRest() {
        assertThat(unpack(hex("01 01 41 80 01 42")).text()).isEqualTo("A");
        assertThat(unpack(hex("01 01 41 80 01 42")).fin()).isFalse();
    }

    @Test
    void masksWithAnotherKeyEachTime() {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 16; i++) {
            keys.add(Arrays.toString(Arrays.copyOfRange(pack("x", 1, true, true), 2, 6)));
        }
        assertThat(keys).hasSizeGreaterThan(10);
    }

    @Test
    void aControlFrameIsAlwaysWhole() {
        assertThat(pack("", Opcode.PING, false, false)).asHexString().isEqualTo("8900");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, 7, 11, 15, 16})
    void refusesOpcodesThatDoNotExist(int opcode) {
        assertThatThrownBy(() -> pack("x", opcode, true, false)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pack(new byte[0], opcode, true, false)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAControlPayloadOver125Bytes() {
        assertThat(pack(new byte[125], Opcode.PONG, true, false)).hasSize(127);
        assertThatThrownBy(() -> pack(new byte[126], Opcode.PONG, true, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("RFC 6455 §5.5");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "'',                       RFC 6455 §5.2",
        "81,                       RFC 6455 §5.2",
        "81 7e 00,                 RFC 6455 §5.2",
        "81 05 4865,               RFC 6455 §5.2",
        "81 85 37fa21,             RFC 6455 §5.2",
        "83 00,                    RFC 6455 §5.2",
        "8b 00,                    RFC 6455 §5.2",
        "c1 00,                    RFC 6455 §5.2",
        "09 00,                    RFC 6455 §5.5",
        "89 7e 007e,               RFC 6455 §5.5",
        "81 7f 0000000080000000,   2147483648",
        "81 7f 8000000000000000,   RFC 6455 §5.2",
        "81 01 ff,                 RFC 6455 §8.1",
    })
    void namesTheRuleThatTheBytesBreak(String bytes, String rule) {
        assertThatThrownBy(() -> unpack(hex(bytes)))
                .isInstanceOf(ProtocolViolation.class)
                .hasMessageContaining(rule);
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
