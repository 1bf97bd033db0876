package dev.tidewire.verification.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.verification.NoLeaks;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Conversations with Python's {@code websockets}, as Debian has it; {@code python/client.py} is its side of them. */
@ExtendWith(NoLeaks.class)
class PythonClientTest {
    private static final String ORIGIN = "Python's websockets (Debian: python3-websockets)";
    /** Not the first on the PATH: Debian's package is for Debian's Python. */
    private static final String PYTHON = "/usr/bin/python3";

    @TempDir
    private static Path folder;

    @BeforeAll
    static void packageIsThere() throws Exception {
        var outcome = new Command(List.of(PYTHON, "-c", "import websockets"), ORIGIN, Map.of()).run();
        assertThat(outcome.exitCode())
                .as("install %s: %s", ORIGIN, outcome.said())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "text, 1000, '', CLIENT",
        "binary, 1000, '', CLIENT",
        "fragments, 1000, '', CLIENT",
        "fragments of the server, 1000, '', CLIENT",
        "ping, 1000, '', CLIENT",
        "close by the client, 4000, bye, CLIENT",
        "close without a word, 1000, '', CLIENT",
        "close by the server, 4001, enough, SERVER",
    })
    void conversesAndPartsCleanly(String conversation, int code, String reason, Initiator initiator) throws Exception {
        try (var server = new TalkingServer()) {
            converse(server.uri(), conversation, "none");

            assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, code, reason, initiator, true));
        }
    }

    @Test
    void hearsThatAMessageIsTooLong() throws Exception {
        try (var server = new TalkingServer()) {
            converse(server.uri(), "text that is too long", "none");

            assertThat(server.nextClose())
                    .isNotNull()
                    .extracting(CloseEvent::code)
                    .isEqualTo(1009);
        }
    }

    static Stream<String> offers() {
        return Stream.concat(
                Stream.of("default"),
                IntStream.rangeClosed(9, 15)
                        .boxed()
                        .flatMap(bits -> Stream.of(bits + "," + bits, bits + "," + (24 - bits) + ",alone")));
    }

    @ParameterizedTest
    @MethodSource("offers")
    void everyOfferCarriesEveryMessage(String offer) throws Exception {
        try (var server = new TalkingServer(options -> options.compression(TalkingServer.EVERY_COMPRESSION))) {
            converse(server.uri(), "everything", offer);

            assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, 1000, "", Initiator.CLIENT, true));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "none, everything, 1000, '', CLIENT",
        "default, everything, 1000, '', CLIENT",
        "'9,15,alone', everything, 1000, '', CLIENT",
        "default, close by the client, 4000, bye, CLIENT",
        "default, close by the server, 4001, enough, SERVER",
    })
    void conversesWithinTls(String offer, String conversation, int code, String reason, Initiator initiator)
            throws Exception {
        Authority authority = new Authority(folder);
        try (var server = new TalkingServer(
                options -> options.compression(TalkingServer.EVERY_COMPRESSION).tls(authority.serverOptions()))) {
            trusting(authority, server.uri(), conversation, offer).succeed();

            assertThat(server.nextClose()).isEqualTo(new CloseEvent(1, code, reason, initiator, true));
        }
    }

    @Test
    void strangersAreNotTrusted() throws Exception {
        Authority authority = new Authority(folder);
        try (var server = new TalkingServer(options -> options.tls(authority.serverOptions()))) {
            var outcome = client(Map.of(), server.uri(), "text", "none").run();

            assertThat(outcome.exitCode()).isNotZero();
            assertThat(outcome.said()).contains("CERTIFICATE_VERIFY_FAILED");
        }
    }

    private static void converse(URI uri, String conversation, String offer) throws Exception {
        client(Map.of(), uri, conversation, offer).succeed();
    }

    private static Command trusting(Authority authority, URI uri, String conversation, String offer) {
        return client(Map.of("SSL_CERT_FILE", authority.certificate().toString()), uri, conversation, offer);
    }

    private static Command client(Map<String, String> environment, URI uri, String conversation, String offer) {
        return new Command(
                List.of(PYTHON, "python/client.py", uri.toString(), conversation, offer), ORIGIN, environment);
    }
}
