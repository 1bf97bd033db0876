package dev.tidewire.server.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsCertificate;
import dev.tidewire.server.options.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpiryTest {
    private static final Instant BEGINS = Instant.parse("2030-01-01T00:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    private final BlockingQueue<String> warnings = new LinkedBlockingQueue<>();
    private volatile Instant now = BEGINS;
    private final Expiry expiry = new Expiry(() -> now, warnings::add);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "100, -PT1S,      event=certificate_not_yet_valid file=%s subject=\"CN=a.example\" not_before=2030-01-01T00:00:00Z",
        "100, PT0S,       ''",
        "100, P86D,       event=certificate_expires_soon file=%s subject=\"CN=a.example\" not_after=2030-04-11T00:00:00Z",
        "100, P85DT23H59M59S, ''",
        "100, P100D,      event=certificate_expires_soon file=%s subject=\"CN=a.example\" not_after=2030-04-11T00:00:00Z",
        "100, P100DT1S,   event=certificate_expired file=%s subject=\"CN=a.example\" not_after=2030-04-11T00:00:00Z",
        "8,   P6D,        event=certificate_expires_soon file=%s subject=\"CN=a.example\" not_after=2030-01-09T00:00:00Z",
        "8,   P5DT23H59M59S, ''",
    })
    void datesThatAreWrongOrSoonWillBeAreAWarning(int days, Duration age, String warning) throws Exception {
        now = BEGINS.plus(age);

        expiry.use(List.of(Credentials.load(certificate(days))));

        assertThat(String.join("\n", warnings)).isEqualTo(warning.formatted(chain()));
    }

    @Test
    void theWarningIsRepeatedOnceADayForWhatIsUsed() throws Exception {
        Credentials old = Credentials.load(certificate(100));
        now = BEGINS.plus(Duration.ofDays(90));
        expiry.use(List.of(old));
        assertThat(warnings).hasSize(1);

        now = now.plus(DAY).minusNanos(1);
        expiry.look();
        assertThat(warnings).hasSize(1);
        now = now.plusNanos(1);
        expiry.look();
        expiry.look();
        assertThat(warnings).hasSize(2);
        now = BEGINS.plus(Duration.ofDays(101));
        expiry.look();
        assertThat(warnings).hasSize(3).last().asString().startsWith("event=certificate_expired ");

        expiry.use(List.of(Credentials.load(certificate(1000))));
        now = now.plus(DAY);
        expiry.look();
        assertThat(warnings).hasSize(3);
    }

    @Test
    void aCertificateThatNobodyTouchesIsLookedAtWhileTheServerRuns() throws Exception {
        certificate(100);
        try (Tls _ = following(expiry)) {
            assertThat(warnings).isEmpty();

            now = BEGINS.plus(Duration.ofDays(90));

            assertThat(warnings.poll(5, TimeUnit.SECONDS)).startsWith("event=certificate_expires_soon ");
        }
    }

    @Test
    void aLoggerThatThrowsDoesNotEndTheLooking() throws Exception {
        certificate(100);
        Expiry throwing = new Expiry(() -> now, warning -> {
            warnings.add(warning);
            throw new IllegalStateException("for the test");
        });
        try (Tls _ = following(throwing)) {
            for (int day = 90; day < 93; day++) {
                now = BEGINS.plus(Duration.ofDays(day));
                assertThat(warnings.poll(5, TimeUnit.SECONDS)).startsWith("event=certificate_expires_soon ");
            }
        }
    }

    private Tls following(Expiry expiry) {
        TlsOptions options = TlsOptions.builder()
                .certificate(chain(), folder.resolve("key.pem"))
                .reloadInterval(Duration.ofMillis(1))
                .build();
        ServerOptions anywhere = ServerOptions.builder("127.0.0.1", 0).build();
        return Tls.around(connection -> {}, anywhere, options, List.of(), expiry);
    }

    private Path chain() {
        return folder.resolve("chain.pem");
    }

    private TlsCertificate certificate(int days) throws Exception {
        X509Bundle made = new CertificateBuilder()
                .subject("CN=a.example")
                .setIsCertificateAuthority(true)
                .notBefore(BEGINS)
                .notAfter(BEGINS.plus(Duration.ofDays(days)))
                .buildSelfSigned();
        Path key = folder.resolve("key.pem");
        Files.writeString(chain(), made.getCertificatePathPEM());
        Files.writeString(key, made.getPrivateKeyPEM());
        return new TlsCertificate.Pem(chain(), key, "");
    }
}
