package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.TlsFixture.AUTHORITY;
import static dev.tidewire.server.TlsFixture.forServer;
import static dev.tidewire.server.TlsFixture.issued;
import static dev.tidewire.server.TlsFixture.pem;
import static dev.tidewire.server.TlsFixture.subject;
import static dev.tidewire.server.TlsFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.TlsFixture.Pem;
import dev.tidewire.server.options.ClientAuth;
import dev.tidewire.server.options.TlsConfigurationException;
import dev.tidewire.server.options.TlsOptions;
import dev.tidewire.server.options.TlsProvider;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where certificates and keys come from, which of them a client is shown, and what is said of those that are of no use. */
@ExtendWith(NoLeaks.class)
class TlsCertificateTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0}: {1} is shown {2}")
    @CsvSource({
        "JDK,     '',                    first.example",
        "JDK,     unknown.example,       first.example",
        "JDK,     first.example,         first.example",
        "JDK,     second.example,        second.example",
        "JDK,     SECOND.example,        second.example",
        "JDK,     also-second.example,   second.example",
        "JDK,     a.example.org,         *.example.org",
        "JDK,     fixed.example.org,     second.example",
        "JDK,     a.b.example.org,       first.example",
        "JDK,     example.org,           first.example",
        "OPENSSL, '',                    first.example",
        "OPENSSL, second.example,        second.example",
        "OPENSSL, a.example.org,         *.example.org",
        "OPENSSL, a.b.example.org,       first.example",
    })
    void theServerNameChoosesTheCertificate(TlsProvider provider, String asked, String shown) {
        TlsOptions.Builder tls = TlsOptions.builder().provider(provider);
        add(tls, "first.example");
        add(tls, "second.example", "also-second.example", "fixed.example.org");
        add(tls, "*.example.org");
        try (var server = echo(tls.build())) {
            assertThat(subject(server, asked)).isEqualTo("CN=" + shown);
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "EC,           genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "RSA,          genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        "old form EC,  ecparam -name secp384r1 -genkey",
        "old form RSA, genrsa -traditional 2048",
        "Ed25519,      genpkey -algorithm ED25519",
        "RSASSA-PSS,   genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
    })
    void keysAreReadAsOpensslWritesThem(String form, String command) {
        Path key = openssl(command, "key.pem");
        Path chain = openssl("req -x509 -new -subj /CN=written -days 2 -key " + key, "chain.pem");
        for (TlsProvider provider : List.of(TlsProvider.JDK, TlsProvider.AUTO)) {
            TlsOptions tls = TlsOptions.builder()
                    .certificate(chain, key)
                    .provider(provider)
                    .build();
            try (var server = echo(tls)) {
                String said = TlsOpenssl.run("s_client -connect 127.0.0.1:" + server.port(), "");
                assertThat(said)
                        .as("%s", provider)
                        .containsPattern("subject=CN ?= ?written")
                        .contains("Verify return code: 18"); // self-signed
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"EdDSA, ED25519", "RSASSA-PSS, RSA-PSS"})
    void aKeyThatBoringSslCannotUseIsRefusedWhereNothingElseMayBeTaken(String kind, String algorithm) {
        Path key = openssl("genpkey -algorithm " + algorithm, "key.pem");
        Path chain = openssl("req -x509 -new -subj /CN=written -days 2 -key " + key, "chain.pem");
        TlsOptions tls = TlsOptions.builder()
                .certificate(chain, key)
                .provider(TlsProvider.OPENSSL)
                .build();
        refused(
                tls,
                "certificate",
                chain,
                "TLS refuses it: BoringSSL cannot use a key of the kind " + kind
                        + "; TlsProvider.AUTO takes the JDK's TLS for it");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"-v2 aes-256-cbc", "-v2 aes-128-cbc -v2prf hmacWithSHA1", "-scrypt", "-v1 PBE-SHA1-3DES"})
    void anEncryptedKeyIsOpenedWithItsPassword(String encryption) {
        Path key = openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", "plain.pem");
        Path chain = openssl("req -x509 -new -subj /CN=written -days 2 -key " + key, "chain.pem");
        Path encrypted = openssl("pkcs8 -topk8 -passout pass:secret " + encryption + " -in " + key, "key.pem");
        TlsOptions tls =
                TlsOptions.builder().certificate(chain, encrypted, "secret").build();
        if (encryption.equals("-scrypt")) {
            refused(tls, "certificate", encrypted, "its key is encrypted in a way that is not known here");
            return;
        }
        echo(tls).close();
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({"PKCS12, ''", "PKCS12, server", "JKS, server"})
    void aKeyStoreHoldsTheCertificate(String type, String alias) throws Exception {
        Path file = store(type, issued(forServer("stored.example")));
        TlsOptions tls = TlsOptions.builder().keyStore(file, "secret", alias).build();
        try (var server = echo(tls)) {
            assertThat(subject(server, "stored.example")).isEqualTo("CN=stored.example");
        }
    }

    @Test
    void aMissingFileIsNamed() {
        Pem pem = pem(folder, "good", issued(forServer("a.example")));
        Path nowhere = folder.resolve("nowhere.pem");

        refused(TlsOptions.of(nowhere, pem.key()), "certificate", nowhere, "there is no such file");
        refused(TlsOptions.of(pem.chain(), nowhere), "certificate", nowhere, "there is no such file");
        refused(TlsOptions.builder().keyStore(nowhere, "secret").build(), "keyStore", nowhere, "there is no such file");
        refused(
                TlsOptions.builder()
                        .certificate(pem.chain(), pem.key())
                        .clientAuth(ClientAuth.REQUIRED)
                        .trustedClients(nowhere)
                        .build(),
                "trustedClients",
                nowhere,
                "there is no such file");
    }

    @Test
    void aFileThatCannotBeUsedIsNamedWithTheReason() {
        Pem pem = pem(folder, "good", issued(forServer("a.example")));
        Pem other = pem(folder, "other", issued(forServer("a.example")));
        Pem rsa = pem(folder, "rsa", issued(forServer("a.example").algorithm(Algorithm.rsa2048)));
        Path empty = write(folder, "empty.pem", "");
        Path noBase64 =
                write(folder, "broken.pem", "-----BEGIN CERTIFICATE-----\n\u00e4\u00f6\n-----END CERTIFICATE-----\n");
        Path malformed =
                write(folder, "malformed.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Path noKey = write(folder, "malformed.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        Path noCurve =
                write(folder, "curve.key", "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n");
        Path dsa = write(folder, "dsa.key", "-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n");

        refused(TlsOptions.of(empty, pem.key()), "certificate", empty, "it holds no BEGIN CERTIFICATE");
        refused(TlsOptions.of(noBase64, pem.key()), "certificate", noBase64, "its base64 is broken");
        refused(TlsOptions.of(malformed, pem.key()), "certificate", malformed, "a certificate in it is malformed");
        refused(TlsOptions.of(pem.chain(), empty), "certificate", empty, "it holds no BEGIN PRIVATE KEY");
        refused(
                TlsOptions.of(pem.chain(), noKey),
                "certificate",
                noKey,
                "its key is malformed, or neither RSA nor EC nor EdDSA");
        refused(
                TlsOptions.of(pem.chain(), noCurve),
                "certificate",
                noCurve,
                "its EC key is malformed or does not name its curve");
        refused(TlsOptions.of(pem.chain(), dsa), "certificate", dsa, "a DSA PRIVATE KEY is of no use for TLS");
        String mismatch = "its key does not belong to the first certificate of " + pem.chain();
        refused(TlsOptions.of(pem.chain(), other.key()), "certificate", other.key(), mismatch);
        refused(TlsOptions.of(pem.chain(), rsa.key()), "certificate", rsa.key(), mismatch);
        refused(TlsOptions.of(folder, pem.key()), "certificate", folder, "it cannot be read: Is a directory");
    }

    @Test
    void aPasswordThatOpensNothingIsSaidToBeWrong() throws Exception {
        Path plain = openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", "plain.pem");
        Path chain = openssl("req -x509 -new -subj /CN=written -days 2 -key " + plain, "chain.pem");
        Path key = openssl("pkcs8 -topk8 -passout pass:secret -in " + plain, "key.pem");
        Path old = openssl("ec -aes128 -passout pass:secret -in " + plain, "old.pem");
        Path store = store("PKCS12", issued(forServer("stored.example")));

        refused(TlsOptions.of(chain, key), "certificate", key, "its key is encrypted and no password was given");
        refused(
                TlsOptions.builder().certificate(chain, key, "wrong").build(),
                "certificate",
                key,
                "the password does not open its key");
        refused(
                TlsOptions.builder().certificate(chain, old, "secret").build(),
                "certificate",
                old,
                "its key is encrypted in OpenSSL's old form; `openssl pkcs8 -topk8` makes a PKCS#8 key of it");
        refused(
                TlsOptions.builder().keyStore(store, "wrong").build(),
                "keyStore",
                store,
                "the password does not open it");
        refused(
                TlsOptions.builder().keyStore(chain, "secret").build(),
                "keyStore",
                chain,
                "it is not a key store, or the password does not open it");
        refused(
                TlsOptions.builder().keyStore(store, "secret", "absent").build(),
                "keyStore",
                store,
                "it has no private key under the alias 'absent'");
    }

    @Test
    void aServerWhoseCertificateIsOfNoUseCanBeMadeAgainOnTheSamePort() {
        Pem pem = pem(folder, "good", issued(forServer("a.example")));
        try (var first = echo(TlsOptions.of(pem.chain(), pem.key()))) {
            assertThat(first.port()).isPositive();
        }
        refused(
                TlsOptions.of(folder.resolve("x"), pem.key()),
                "certificate",
                folder.resolve("x"),
                "there is no such file");
        echo(TlsOptions.of(pem.chain(), pem.key())).close();
    }

    @Test
    void aCertificateThatExpiresSoonIsServedWithAWarning() {
        Pem pem = lasting("soon", -80, 10);
        try (var log = new TlsFixture.Log();
                var server = echo(TlsOptions.of(pem.chain(), pem.key()))) {
            assertThat(log.line("event=certificate"))
                    .startsWith("WARNING event=certificate_expires_soon file=" + pem.chain()
                            + " subject=\"CN=a.example\" not_after=");
            server.reloadCertificates();
            assertThat(log.line("event=certificate")).contains("event=certificate_expires_soon");
        }
    }

    @Test
    void anExpiredCertificateIsServedWithAWarning() {
        Pem pem = lasting("old", -3, -2);
        try (var log = new TlsFixture.Log();
                var server = echo(TlsOptions.of(pem.chain(), pem.key()))) {
            assertThat(log.line("certificate_expired"))
                    .startsWith("WARNING")
                    .contains(pem.chain().toString());
            assertThat(server.port()).isPositive();
        }
    }

    /** A certificate that is good between these days from now. */
    private Pem lasting(String name, int from, int until) {
        Instant now = Instant.now();
        return pem(
                folder,
                name,
                issued(forServer("a.example")
                        .notBefore(now.plus(Duration.ofDays(from)))
                        .notAfter(now.plus(Duration.ofDays(until)))));
    }

    @Test
    void optionsThatCannotWorkAreRefusedBeforeTheServerStarts() {
        Path file = folder.resolve("x");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder().build())
                .withMessage("TLS needs a certificate, none was given");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder()
                        .certificate(file, file)
                        .clientAuth(ClientAuth.OPTIONAL)
                        .build())
                .withMessage("clientAuth OPTIONAL needs trustedClients, none was given");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder()
                        .certificate(file, file)
                        .trustedClients(file)
                        .build())
                .withMessage("trustedClients needs clientAuth: without it nobody is asked for a certificate");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder().reloadInterval(Duration.ofSeconds(-1)))
                .withMessage("reloadInterval must be 0 to 365 days, was PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder().reloadInterval(Duration.ofDays(366)))
                .withMessage("reloadInterval must be 0 to 365 days, was PT8784H");
    }

    @Test
    void passwordsAreNotPrinted() {
        TlsOptions tls = TlsOptions.builder()
                .certificate(folder, folder, "secret")
                .keyStore(folder, "secret")
                .build();

        assertThat(tls.certificates().toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void everyProviderWorksHere(TlsProvider provider) {
        Pem pem = pem(folder, "good", issued(forServer("a.example")));
        try (var server = echo(TlsOptions.builder()
                .certificate(pem.chain(), pem.key())
                .provider(provider)
                .build())) {
            assertThat(subject(server, "a.example")).isEqualTo("CN=a.example");
        }
    }

    private void add(TlsOptions.Builder tls, String... names) {
        Pem pem = pem(folder, names[0].replace('*', '_'), issued(forServer(names)));
        tls.certificate(pem.chain(), pem.key());
    }

    private static WebSocketServer echo(TlsOptions tls) {
        return started(Fixture.echo(local().tls(tls).build()));
    }

    private static void refused(TlsOptions tls, String option, Path file, String reason) {
        assertThatThrownBy(() -> echo(tls))
                .isInstanceOf(TlsConfigurationException.class)
                .hasMessage("TlsOptions." + option + ": cannot use " + file + ": " + reason);
    }

    private Path store(String type, X509Bundle certificate) throws Exception {
        KeyStore store = KeyStore.getInstance(type);
        store.load(null, null);
        store.setKeyEntry(
                "server",
                certificate.getKeyPair().getPrivate(),
                "secret".toCharArray(),
                certificate.getCertificatePath());
        store.setCertificateEntry("authority", AUTHORITY.getCertificate());
        Path file = folder.resolve("store." + type);
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "secret".toCharArray());
        }
        return file;
    }

    private Path openssl(String command, String output) {
        Path file = folder.resolve(output);
        TlsOpenssl.run(command.replaceFirst(" ", " -out " + file + " "));
        return file;
    }
}
