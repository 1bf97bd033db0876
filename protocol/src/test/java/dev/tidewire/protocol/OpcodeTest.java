package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpcodeTest {
    @ParameterizedTest
    @CsvSource({
        "0,  CONTINUATION, false",
        "1,  TEXT,         false",
        "2,  BINARY,       false",
        "8,  CLOSE,        true",
        "9,  PING,         true",
        "10, PONG,         true",
    })
    void hasTheNumberOfTheRfc(int code, Opcode opcode, boolean control) {
        assertThat(Opcode.of(code)).isEqualTo(opcode);
        assertThat(opcode.code()).isEqualTo(code);
        assertThat(opcode.isControl()).isEqualTo(control);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 16})
    void isRefusedWhenItsNumberIsReserved(int code) {
        assertThat(Opcode.find(code)).isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Opcode.of(code))
                .withMessage("opcode must be 0, 1, 2, 8, 9 or 10 (RFC 6455 §5.2), was " + code);
    }
}
