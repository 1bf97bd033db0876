package dev.tidewire.verification.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.interop.Conversation.Heard;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The JDK's client, npm's {@code ws} and Chromium within TLS, compressed where they know how. */
@ExtendWith(NoLeaks.class)
class SecureClientsTest {
    @TempDir
    private Path folder;

    private Authority authority;
    private TalkingServer server;

    @BeforeEach
    void start() throws Exception {
        authority = new Authority(folder);
        server = new TalkingServer(
                options -> options.compression(TalkingServer.EVERY_COMPRESSION).tls(authority.serverOptions()));
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void jdkClientConversesAndPartsCleanly() throws Exception {
        byte[] large = new byte[1024 * 1024];
        new Random(1).nextBytes(large);
        Conversation conversation = new Conversation();
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(authority.trusted()).build()) {
            WebSocket socket = conversation.open(client, server.uri());
            socket.sendText("ünï", false).join();
            socket.sendText("cödé 🌊", true).join();
            assertThat(conversation.next()).isEqualTo(new Heard.Text("ünïcödé 🌊"));

            socket.sendBinary(ByteBuffer.wrap(large), true).join();
            assertThat(conversation.next()).isEqualTo(new Heard.Binary(ByteBuffer.wrap(large)));

            socket.sendClose(4000, "bye").join();
            assertThat(conversation.next()).isEqualTo(new Heard.Close(4000, ""));
        }
        assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, 4000, "bye", Initiator.CLIENT, true));
    }

    @Test
    void jdkClientTrustsNoStranger() {
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertThatThrownBy(() -> new Conversation().open(client, server.uri()))
                    .cause()
                    .isInstanceOf(SSLHandshakeException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "text, 1000, '', CLIENT",
        "binary, 1000, '', CLIENT",
        "fragments, 1000, '', CLIENT",
        "many messages, 1000, '', CLIENT",
        "close by the client, 4000, bye, CLIENT",
        "close by the server, 4001, enough, SERVER",
    })
    void npmWsConversesAndPartsCleanly(String conversation, int code, String reason, Initiator initiator)
            throws Exception {
        NodeScript.install();
        NodeScript.runTrusting(authority, "ws-client.mjs", server.uri().toString(), conversation);

        assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, code, reason, initiator, true));
    }

    @Test
    void npmWsCompressesWithWindowsOfSeveralSizes() throws Exception {
        NodeScript.install();
        NodeScript.runTrusting(authority, "ws-deflate.mjs", server.uri().toString(), "9", "15");
    }

    @Test
    void chromiumConversesCompressedFromASecurePage() throws Exception {
        NodeScript.run(
                "browser-tls.mjs",
                BrowserTest.chromium().toString(),
                server.page().toString(),
                authority.serverKeyDigest());

        assertThat(server.nextClose())
                .isNotNull()
                .extracting(CloseEvent::code, CloseEvent::reason, CloseEvent::clean)
                .containsExactly(4000, "bye", true);
    }
}
