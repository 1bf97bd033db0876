package dev.tidewire.server.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameBytesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 2",
        "125, 127",
        "126, 130",
        "65535, 65539",
        "65536, 65546",
        "2147483637, 2147483647",
        "2147483638, 2147483647",
        "2147483639, 2147483647"
    })
    void aFrameIsItsHeaderAndPayloadOrAsLongAsCanBeCounted(int payloadBytes, int frameBytes) {
        assertThat(WebSocketConversation.frameBytes(payloadBytes)).isEqualTo(frameBytes);
    }
}
