package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CloseCodeTest {
    @ParameterizedTest(name = "{0} to {1}: {2}")
    @CsvSource({
        "-70000, 999,   false", // RFC 6455 §7.4.2: not used
        "1000,   1003,  true",
        "1004,   1004,  false", // RFC 6455 §7.4.1: reserved
        "1005,   1006,  false", // RFC 6455 §7.4.1: never in a frame
        "1007,   1011,  true",
        "1012,   1014,  true", // IANA registry
        "1015,   1015,  false", // RFC 6455 §7.4.1: never in a frame
        "1016,   2999,  false", // RFC 6455 §7.4.2: for the protocol's future
        "3000,   3999,  true", // RFC 6455 §7.4.2: registered
        "4000,   4999,  true", // RFC 6455 §7.4.2: private
        "5000,   70000, false",
    })
    void isForTheWireOrNot(int first, int last, boolean sendable) {
        for (int code = first; code <= last; code++) {
            assertThat(CloseCode.isSendable(code)).as("%d", code).isEqualTo(sendable);
        }
    }
}
