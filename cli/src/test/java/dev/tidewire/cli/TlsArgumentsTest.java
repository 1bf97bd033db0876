package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.TlsCertificate;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command within TLS. */
@Timeout(60)
final class TlsArgumentsTest {
    @TempDir
    private Path folder;

    /** One for all: keytool takes a virtual machine of its own to make it. */
    private static KeyStore store;

    private static char[] password;

    private final StringWriter errors = new StringWriter();

    @BeforeAll
    static void makeCertificate() throws Exception {
        var made = (TlsCertificate.Store)
                SelfSigned.tls("tidewire.example").certificates().getFirst();
        password = made.password().toCharArray();
        store = KeyStore.getInstance(made.file().toFile(), password);
    }

    @Test
    void certificateMadeForARunIsGoodForThisMachineAndTheHost() throws Exception {
        X509Certificate certificate = (X509Certificate) store.getCertificate("tidewire");

        assertThat(certificate.getSubjectAlternativeNames())
                .extracting(name -> (Object) name.get(1))
                .containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "tidewire.example");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0.0.0.0   | dns:localhost,ip:127.0.0.1,ip:::1,ip:0.0.0.0",
                "127.0.0.1 | dns:localhost,ip:127.0.0.1,ip:::1",
                "[::]      | dns:localhost,ip:127.0.0.1,ip:::1,ip:::",
                "localhost | dns:localhost,ip:127.0.0.1,ip:::1",
                "a.example | dns:localhost,ip:127.0.0.1,ip:::1,dns:a.example",
                "a b,c     | dns:localhost,ip:127.0.0.1,ip:::1",
            })
    void hostIsNamedIfACertificateCanNameIt(String host, String names) {
        assertThat(SelfSigned.names(host)).isEqualTo(names);
    }

    @Test
    void echoSpeaksTlsWithACertificateFromPemFiles() throws Exception {
        Path certificate = pem("CERTIFICATE", store.getCertificate("tidewire").getEncoded());
        Path key = pem("PRIVATE KEY", store.getKey("tidewire", password).getEncoded());
        try (CommandProcess echo = CommandProcess.start(
                        err(),
                        "echo",
                        "--port",
                        "0",
                        "--tls-cert",
                        certificate.toString(),
                        "--tls-key",
                        key.toString());
                HttpClient client =
                        HttpClient.newBuilder().sslContext(trusting(store)).build()) {
            Received received = new Received();
            var socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("wss://127.0.0.1:" + echo.port() + "/"), received)
                    .orTimeout(10, TimeUnit.SECONDS)
                    .join();

            socket.sendText("within", true).join();

            assertThat(received.next()).isEqualTo("text:within");
            socket.abort();
        }
    }

    @Test
    void serverWithACertificateOfItsOwnPrintsWhereToReachItWithinTls() throws Exception {
        try (CommandProcess demo = CommandProcess.start(err(), "demo", "--port", "0", "--tls-self-signed")) {
            assertThat(demo.out().readLine())
                    .matches(
                            "tidewire demo listens on \\S+ open https://127.0.0.1:\\d+/ in a browser, or connect to wss://.*");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nowhere, nowhere, cannot use --tls-cert and --tls-key {}/nowhere: there is no such file",
        "'', '', cannot use --tls-cert and --tls-key {}: it cannot be read: Is a directory",
        "nowhere, PRIVATE KEY.pem, cannot use --tls-cert {}/nowhere: there is no such file",
        "nowhere, elsewhere, cannot use --tls-key {}/elsewhere: there is no such file",
    })
    void fileThatCannotBeUsedIsOneSentenceThatNamesTheFlag(String certificate, String key, String sentence)
            throws Exception {
        pem("PRIVATE KEY", store.getKey("tidewire", password).getEncoded());

        int exitCode = echo("--tls-cert=" + folder.resolve(certificate), "--tls-key=" + folder.resolve(key));

        assertThat(exitCode).isEqualTo(Tidewire.FAILED);
        assertThat(errors.toString())
                .isEqualToNormalizingNewlines("tidewire: " + sentence.replace("{}", folder.toString()) + "\n");
    }

    @ParameterizedTest
    @CsvSource({
        "nowhere, /nowhere: there is no such file",
        "'', : Is a directory",
        "latin-1, /latin-1: it is not in UTF-8"
    })
    void passwordThatCannotBeReadIsOneSentence(String name, String reason) throws IOException {
        Files.write(folder.resolve("latin-1"), new byte[] {(byte) 0xfc, '\n'});

        int exitCode = echo("--tls-cert=c.pem", "--tls-key=k.pem", "--tls-key-password-file=" + folder.resolve(name));

        assertThat(exitCode).isEqualTo(Tidewire.FAILED);
        assertThat(errors.toString())
                .isEqualToNormalizingNewlines(
                        "tidewire: cannot read --tls-key-password-file " + folder + reason + "\n");
    }

    private int echo(String... tls) {
        PrintWriter err = new PrintWriter(errors, true);
        return Tidewire.run(
                err,
                err,
                Stream.concat(Stream.of("echo", "--port=0"), Stream.of(tls)).toArray(String[]::new));
    }

    private Path pem(String label, byte[] content) throws IOException {
        String base64 = Base64.getMimeEncoder().encodeToString(content);
        String text = "-----BEGIN " + label + "-----\n" + base64 + "\n-----END " + label + "-----\n";
        return Files.writeString(folder.resolve(label + ".pem"), text);
    }

    private Path err() {
        return folder.resolve("err");
    }

    private static SSLContext trusting(KeyStore store) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("tidewire"));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
