package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProtocolViolationTest {
    private final ProtocolViolation violation =
            new ProtocolViolation(CloseCode.PROTOCOL_ERROR, "RFC 6455 §5.1", "client frame is not masked");

    @Test
    void saysWhatHappenedAndByWhichRuleItIsWrong() {
        assertThat(violation).hasMessage("client frame is not masked (RFC 6455 §5.1)");
        assertThat(violation.rule()).isEqualTo("RFC 6455 §5.1");
        assertThat(violation.closeCode()).isEqualTo(1002);
    }

    @Test
    void costsNoStackTrace() {
        assertThat(violation.getStackTrace()).isEmpty();
    }
}
