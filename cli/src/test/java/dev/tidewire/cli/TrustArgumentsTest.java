package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsCertificate;
import dev.tidewire.server.options.TlsOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whom {@code connect} believes. */
@Timeout(60)
final class TrustArgumentsTest {
    private static final String WARNING =
            "--insecure: whoever answers is believed, certificate and host name are not checked\n";

    /** All of the loopback network, so that one of its addresses is not in the certificate. */
    private static final String HOST = "0.0.0.0";

    @TempDir
    private static Path folder;

    /** Made once: keytool takes a virtual machine of its own for each. */
    private static Path own;

    private static Path others;
    private static WebSocketServer server;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void start() throws Exception {
        TlsOptions tls = SelfSigned.tls(HOST);
        own = Files.writeString(folder.resolve("own.pem"), certificate(tls));
        others = Files.writeString(folder.resolve("others.pem"), certificate(SelfSigned.tls(HOST)));
        server = EchoServer.of(ServerOptions.builder(HOST, 0).tls(tls).build());
        server.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void certificateOfNoAuthorityIsRefused() {
        assertRefused(
                ask("127.0.0.1"),
                ": the server's certificate is not trusted: unable to find valid certification path to requested target"
                        + " (try --cacert FILE or --insecure)");
    }

    @Test
    void insecureTakesAnyCertificateAndSaysSo() {
        assertThat(ask("127.0.0.1", "--insecure")).isZero();

        assertReply(WARNING);
    }

    @Test
    void insecureTakesACertificateForAnotherHost() {
        assertThat(ask("127.0.0.2", "--insecure")).isZero();

        assertReply(WARNING);
    }

    @Test
    void certificateOfAGivenAuthorityIsTaken() {
        assertThat(ask("127.0.0.1", "--cacert", own.toString())).isZero();

        assertReply("");
    }

    @Test
    void anyAuthorityInTheFileIsTaken() throws Exception {
        Path both = Files.writeString(
                folder.resolve("both.pem"), "Two of them\n" + Files.readString(others) + Files.readString(own));

        assertThat(ask("127.0.0.1", "--cacert", both.toString())).isZero();

        assertReply("");
    }

    @Test
    void certificateOfAnotherAuthorityIsRefused() {
        assertRefused(
                ask("127.0.0.1", "--cacert", others.toString()),
                ": the server's certificate is not trusted: signature check failed (try --cacert FILE or --insecure)");
    }

    @Test
    void certificateForAnotherHostIsRefusedWhoeverSignedIt() {
        assertRefused(ask("127.0.0.2", "--cacert", own.toString()), "127.0.0.2 found");
    }

    @Test
    void serverThatSpeaksTlsSaysSoItself() {
        String rest = "://127.0.0.1:" + server.port() + "/chat";

        assertThat(run("connect", "ws" + rest, "--once", "hello")).isEqualTo(Tidewire.FAILED);

        assertThat(err.toString())
                .isEqualToNormalizingNewlines("tidewire: cannot connect to ws" + rest
                        + ": the server refused the WebSocket with HTTP status 400:"
                        + " this port speaks TLS, and this is plain HTTP\n");
    }

    @Test
    void serverWithoutTlsIsNamed() {
        try (WebSocketServer plain = EchoServer.of(ServerOptions.of("127.0.0.1", 0))) {
            plain.start();
            String rest = "://127.0.0.1:" + plain.port() + "/chat";

            assertThat(run("connect", "wss" + rest, "--once", "hello")).isEqualTo(Tidewire.FAILED);

            assertThat(err.toString())
                    .isEqualToNormalizingNewlines("tidewire: cannot connect to wss" + rest
                            + ": the server speaks no TLS there (try ws" + rest + ")\n");
        }
    }

    @Test
    void fileThatCannotBeReadIsOneSentence() {
        Path nowhere = folder.resolve("nowhere.pem");

        assertThat(ask("127.0.0.1", "--cacert", nowhere.toString())).isEqualTo(Tidewire.MISUSED);

        assertThat(err.toString())
                .startsWith("tidewire: cannot read --cacert " + nowhere + ": there is no such file"
                        + System.lineSeparator());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no certificate",
                "-----BEGIN CERTIFICATE-----\nMIIB",
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
                "-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n",
            })
    void fileWithoutACertificateIsOneSentence(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("other.pem"), content);

        assertThat(ask("127.0.0.1", "--cacert", file.toString())).isEqualTo(Tidewire.MISUSED);

        assertThat(err.toString())
                .startsWith("tidewire: --cacert must be a PEM file with certificates only, was " + file
                        + System.lineSeparator());
    }

    private int ask(String host, String... more) {
        String url = "wss://" + host + ":" + server.port() + "/";
        List<String> arguments = new ArrayList<>(List.of("connect", url, "--once", "hello"));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private int run(String... arguments) {
        return Tidewire.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private void assertReply(String warning) {
        assertThat(out.toString()).isEqualToNormalizingNewlines("hello\n");
        assertThat(err.toString()).isEqualToNormalizingNewlines(warning);
    }

    private void assertRefused(int exitCode, String reason) {
        assertThat(exitCode).isEqualTo(Tidewire.FAILED);
        assertThat(err.toString())
                .startsWith("tidewire: cannot connect to wss://")
                .contains(reason)
                .hasLineCount(1);
        assertThat(out.toString()).isEmpty();
    }

    private static String certificate(TlsOptions tls) throws GeneralSecurityException, IOException {
        var made = (TlsCertificate.Store) tls.certificates().getFirst();
        KeyStore store =
                KeyStore.getInstance(made.file().toFile(), made.password().toCharArray());
        byte[] der = store.getCertificate("tidewire").getEncoded();
        return "-----BEGIN CERTIFICATE-----\n" + Base64.getMimeEncoder().encodeToString(der)
                + "\n-----END CERTIFICATE-----\n";
    }
}
