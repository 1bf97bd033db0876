package dev.tidewire.verification.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.interop.Command.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A WebSocket spoken by hand through {@code openssl s_client}. */
@ExtendWith(NoLeaks.class)
class OpensslClientTest {
    /** The key and its answer are those of RFC 6455 §1.3. */
    private static final String HANDSHAKE = """
            GET / HTTP/1.1\r
            Host: localhost\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r
            """;

    /** The text "hi", then a close with 1000; masked with zeros. */
    private static final String SENT = "81 82 00000000 6869  88 82 00000000 03e8";

    private static final String RECEIVED = "81 02 6869  88 02 03e8";

    @TempDir
    private Path folder;

    private Authority authority;
    private TalkingServer server;

    @BeforeEach
    void start() throws Exception {
        authority = new Authority(folder);
        server = new TalkingServer(options -> options.tls(authority.serverOptions()));
    }

    @AfterEach
    void close() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource({"-tls1_2, TLSv1.2", "-tls1_3, TLSv1.3"})
    void speaksWithinEachVersion(String flag, String version) throws Exception {
        Outcome outcome = client(List.of(flag), HANDSHAKE + bytes(SENT));

        assertThat(outcome.exitCode()).as(outcome.said()).isZero();
        assertThat(outcome.said())
                .contains("Protocol version: " + version, "Verification: OK")
                .contains("HTTP/1.1 101 ", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", bytes(RECEIVED));
        assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, 1000, "", Initiator.CLIENT, true));
    }

    /** Of TLS 1.2 each, for TLS 1.3 has no others than good ones. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-ECDSA-CHACHA20-POLY1305",
            })
    void speaksWithEachCipherForItsKey(String cipher) throws Exception {
        Outcome outcome = client(List.of("-tls1_2", "-cipher", cipher), HANDSHAKE + bytes(SENT));

        assertThat(outcome.said()).contains("Ciphersuite: " + cipher, "HTTP/1.1 101 ", bytes(RECEIVED));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1", "-tls1_1"})
    void olderVersionsAreRefused(String flag) throws Exception {
        Outcome outcome = client(List.of(flag, "-cipher", "DEFAULT:@SECLEVEL=0"), HANDSHAKE);

        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.said()).contains("alert protocol version").doesNotContain("HTTP/1.1");
    }

    @Test
    void weakCiphersAreRefused() throws Exception {
        Outcome outcome = client(List.of("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"), HANDSHAKE);

        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.said()).contains("alert handshake failure").doesNotContain("HTTP/1.1");
    }

    private Outcome client(List<String> more, String input) throws Exception {
        List<String> words = new ArrayList<>(List.of("openssl", "s_client", "-brief", "-quiet", "-ign_eof"));
        words.addAll(List.of("-connect", "127.0.0.1:" + server.uri().getPort(), "-servername", "localhost"));
        words.addAll(List.of("-CAfile", authority.certificate().toString()));
        words.addAll(List.of("-verify_return_error", "-verify_hostname", "localhost"));
        words.addAll(more);
        return new Command(words, "OpenSSL's command (Debian: openssl)", Map.of()).run(input.getBytes(ISO_8859_1));
    }

    private static String bytes(String hex) {
        return new String(HexFormat.of().parseHex(hex.replace(" ", "")), ISO_8859_1);
    }
}
