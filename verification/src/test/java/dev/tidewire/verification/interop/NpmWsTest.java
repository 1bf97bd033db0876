package dev.tidewire.verification.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.verification.NoLeaks;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conversations with {@code ws}, the WebSocket client and server of the npm world; {@code npm/ws-client.mjs} is its side of them. */
@ExtendWith(NoLeaks.class)
class NpmWsTest {
    @BeforeAll
    static void install() throws IOException, InterruptedException {
        NodeScript.install();
    }

    @ParameterizedTest
    @CsvSource({
        "text, 1000, '', CLIENT",
        "binary, 1000, '', CLIENT",
        "fragments, 1000, '', CLIENT",
        "fragments of the server, 1000, '', CLIENT",
        "ping, 1000, '', CLIENT",
        "ping of the server, 1000, '', CLIENT",
        "many messages, 1000, '', CLIENT",
        "close by the client, 4000, bye, CLIENT",
        "close without a code, 1005, '', CLIENT",
        "close by the server, 4001, enough, SERVER",
        "subprotocol, 1000, '', CLIENT"
    })
    void conversesAndPartsCleanly(String conversation, int code, String reason, Initiator initiator) throws Exception {
        try (var server = new TalkingServer()) {
            NodeScript.run("ws-client.mjs", server.uri().toString(), conversation);

            assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, code, reason, initiator, true));
        }
    }

    @Test
    void hearsWhyAHandshakeIsRefused() throws Exception {
        try (var server = new TalkingServer()) {
            NodeScript.run("ws-client.mjs", server.uri().toString(), "refused handshake");
        }
    }
}
