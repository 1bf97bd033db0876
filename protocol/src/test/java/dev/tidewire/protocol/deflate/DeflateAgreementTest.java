package dev.tidewire.protocol.deflate;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeflateAgreementTest {
    @Test
    void mayNameEveryWindowOfTheRfc() {
        assertThatCode(() -> new DeflateAgreement(true, true, 8, 15, "")).doesNotThrowAnyException();
        assertThatCode(() -> new DeflateAgreement(true, true, 15, 8, "")).doesNotThrowAnyException();
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource({
        "7, 15, serverMaxWindowBits, 7",
        "16, 15, serverMaxWindowBits, 16",
        "15, 7, clientMaxWindowBits, 7",
        "15, 16, clientMaxWindowBits, 16",
    })
    void cannotNameOthers(int serverBits, int clientBits, String name, int bits) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DeflateAgreement(true, true, serverBits, clientBits, ""))
                .withMessage(name + " must be 8 to 15, was " + bits);
    }
}
