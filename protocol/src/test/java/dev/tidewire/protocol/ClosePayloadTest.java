package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClosePayloadTest {
    @ParameterizedTest
    @CsvSource({
        "'',               1005, ''",
        "03e8,             1000, ''",
        "03e9 627965,      1001, bye",
        "1387 4bc3b6736d6f73, 4999, Kösmos",
    })
    void isReadFromTheWire(String payload, int code, String reason) {
        assertThat(ClosePayload.parse(Hex.bytes(payload))).isEqualTo(new ClosePayload(code, reason));
    }

    @ParameterizedTest(name = "{0}: {1}, {2}")
    @CsvSource({
        "03,          1002, close payload is one byte (RFC 6455 §5.5.1)",
        "0000,        1002, close code 0 is not for the wire (RFC 6455 §7.4)",
        "03e7,        1002, close code 999 is not for the wire (RFC 6455 §7.4)",
        "03ed,        1002, close code 1005 is not for the wire (RFC 6455 §7.4)",
        "ffff 616263, 1002, close code 65535 is not for the wire (RFC 6455 §7.4)",
        "03e8 ff,     1007, close reason is not UTF-8 (RFC 6455 §5.5.1)",
        "03e8 61c3,   1007, close reason is not UTF-8 (RFC 6455 §5.5.1)",
    })
    void isRefusedFromAPeer(String payload, int answer, String because) {
        ProtocolViolation violation =
                catchThrowableOfType(ProtocolViolation.class, () -> ClosePayload.parse(Hex.bytes(payload)));

        assertThat(violation).hasMessage(because);
        assertThat(violation.closeCode()).isEqualTo(answer);
    }

    @Test
    void isEncodedAsCodeAndUtf8() {
        assertThat(Hex.of(ClosePayload.encode(1001, "Tschüß"))).isEqualTo("03e9" + Hex.of(Hex.utf8("Tschüß")));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_536 + 1000})
    void isNotEncodedWithACodeThatMayNotBeSent(int code) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClosePayload.encode(code, ""))
                .withMessageContaining("RFC 6455 §7.4")
                .withMessageEndingWith("was " + code);
    }

    @Test
    void takesReasonsUpToTheLimitInBytes() {
        assertThat(ClosePayload.encode(1000, "x".repeat(123))).hasSize(125);
        assertThat(ClosePayload.encode(1000, "ü".repeat(61))).hasSize(124);
    }

    @ParameterizedTest
    @CsvSource({"x, 124, 124", "ü, 62, 124", "€, 42, 126"})
    void refusesReasonsOverTheLimitInBytes(String letter, int times, int bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClosePayload.encode(1000, letter.repeat(times)))
                .withMessage("close reason must be at most 123 bytes of UTF-8 (RFC 6455 §5.5), was " + bytes);
    }

    @Test
    void answersWithThePeersOwnCode() {
        assertThat(Hex.of(ClosePayload.answer(4000))).isEqualTo("0fa0");
        assertThat(ClosePayload.answer(CloseCode.NO_STATUS)).isEmpty();
    }
}
