package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.TlsFixture.forServer;
import static dev.tidewire.server.TlsFixture.issued;
import static dev.tidewire.server.TlsFixture.subject;
import static dev.tidewire.server.TlsFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.TlsFixture.Pem;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsConfigurationException;
import dev.tidewire.server.options.TlsOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Certificates that change while the server runs. */
@ExtendWith(NoLeaks.class)
class TlsReloadTest {
    private static final Duration NEVER = Duration.ZERO;
    private static final Duration OFTEN = Duration.ofMillis(1);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void newConnectionsGetTheNewCertificateAndOpenOnesGoOn(TlsProvider provider) {
        Pem pem = pem("old.example");
        try (var server = server(pem, NEVER, provider);
                RawClient client = TlsFixture.connect(server)) {
            client.upgrade();
            pem("new.example");
            assertThat(subject(server, "")).isEqualTo("CN=old.example");

            server.reloadCertificates();

            assertThat(subject(server, "")).isEqualTo("CN=new.example");
            client.sendMessage("still here");
            client.expectText("still here");
        }
    }

    @Test
    void filesThatChangeAreNoticed() {
        Pem pem = pem("old.example");
        try (var log = new TlsFixture.Log();
                var server = server(pem, OFTEN, TlsProvider.JDK)) {
            pem("new.example");

            until(() -> subject(server, "").equals("CN=new.example"));
            assertThat(log.line("certificates_reloaded")).startsWith("INFO");
        }
    }

    @Test
    void filesThatCannotBeUsedLeaveTheOldCertificateAndOneWarning() {
        Pem pem = pem("old.example");
        try (var log = new TlsFixture.Log();
                var server = server(pem, OFTEN, TlsProvider.JDK)) {
            write(folder, "server.pem", "half a fi");

            assertThat(log.line("certificates_kept"))
                    .startsWith("WARNING")
                    .contains("file=" + pem.chain(), "reason=\"it holds no BEGIN CERTIFICATE\"")
                    .doesNotContain("stack trace");
            assertThat(subject(server, "")).isEqualTo("CN=old.example");

            pem("new.example");
            until(() -> subject(server, "").equals("CN=new.example"));
        }
    }

    /** As when only a permission was missing, which root would not notice. */
    @Test
    void filesThatCouldNotBeUsedAreTriedAgainWithoutAnotherWarningThoughTheyLookTheSame() {
        Pem pem = pem("old.example");
        String chain = read(pem.chain());
        try (var log = new TlsFixture.Log();
                var server = server(pem, OFTEN, TlsProvider.JDK)) {
            replace(pem.chain(), "x".repeat(chain.length()));
            assertThat(log.line("event=certificate")).contains("event=certificates_kept");
            for (int i = 0; i < 5; i++) {
                assertThat(subject(server, "")).as("meanwhile").isEqualTo("CN=old.example");
            }

            replace(pem.chain(), chain);

            assertThat(log.line("event=certificate")).contains("event=certificates_reloaded");
        }
    }

    @Test
    void anExpiredCertificateIsNoWarningForAsLongAsAnotherOneCannotBeUsed() {
        Instant now = Instant.now();
        Pem expired = TlsFixture.pem(
                folder,
                "expired",
                issued(forServer("expired.example")
                        .notBefore(now.minus(Duration.ofDays(3)))
                        .notAfter(now.minus(Duration.ofDays(2)))));
        Pem pem = pem("old.example");
        ServerOptions options = local().tls(TlsOptions.builder()
                        .certificate(expired.chain(), expired.key())
                        .certificate(pem.chain(), pem.key())
                        .reloadInterval(OFTEN)
                        .provider(TlsProvider.JDK)
                        .build())
                .build();
        String chain = read(pem.chain());
        try (var log = new TlsFixture.Log();
                var server = started(Fixture.echo(options))) {
            assertThat(log.line("event=certificate")).contains("event=certificate_expired");
            replace(pem.chain(), "x".repeat(chain.length()));
            assertThat(log.line("event=certificate")).contains("event=certificates_kept");
            assertThat(subject(server, "old.example")).isEqualTo("CN=old.example");

            replace(pem.chain(), chain);

            assertThat(log.line("event=certificate")).contains("event=certificate_expired");
            assertThat(log.line("event=certificate")).contains("event=certificates_reloaded");
        }
    }

    @Test
    void aListenersFileThatCannotBeUsedKeepsTheCertificatesOfAll() {
        Pem first = pem("old.example");
        Pem second = TlsFixture.pem(folder, "second", issued(forServer("second.example")));
        TlsOptions own = options(second, NEVER, TlsProvider.JDK).tls().orElseThrow();
        WebSocketServer server = Fixture.echo(options(first, NEVER, TlsProvider.JDK));
        server.listen("127.0.0.1", 0, ListenerOptions.webSocket().with(options -> options.tls(own)));
        try (Server running = started(server)) {
            pem("new.example");
            write(folder, second.chain().getFileName().toString(), "half a fi");

            assertThatThrownBy(running::reloadCertificates).isInstanceOf(TlsConfigurationException.class);
            assertThat(subject(running, "")).isEqualTo("CN=old.example");
        }
    }

    @Test
    void reloadingFilesThatCannotBeUsedSaysWhyAndChangesNothing() {
        Pem pem = pem("old.example");
        try (var server = server(pem, NEVER, TlsProvider.JDK)) {
            write(folder, "server.key", "");

            assertThatThrownBy(server::reloadCertificates)
                    .isInstanceOf(TlsConfigurationException.class)
                    .hasMessage("TlsOptions.certificate: cannot use " + pem.key() + ": it holds no BEGIN PRIVATE KEY");
            assertThat(subject(server, "")).isEqualTo("CN=old.example");
        }
    }

    @Test
    void onlyAStartedServerWithTlsReloads() {
        String rule = "the server has not been started, or not with TLS";
        WebSocketServer idle = Fixture.echo(options(pem("a.example"), NEVER, TlsProvider.JDK));
        assertThatIllegalStateException().isThrownBy(idle::reloadCertificates).withMessage(rule);

        try (var plain = started(Fixture.echo(local().build()))) {
            assertThatIllegalStateException()
                    .isThrownBy(plain::reloadCertificates)
                    .withMessage(rule);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** At once, and with always the same time. */
    private void replace(Path file, String text) {
        try {
            Path next = write(folder, "next", text);
            Files.setLastModifiedTime(next, FileTime.fromMillis(1_000_000));
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Pem pem(String name) {
        return TlsFixture.pem(folder, "server", issued(forServer(name)));
    }

    private static WebSocketServer server(Pem pem, Duration reloadInterval, TlsProvider provider) {
        return started(Fixture.echo(options(pem, reloadInterval, provider)));
    }

    private static ServerOptions options(Pem pem, Duration reloadInterval, TlsProvider provider) {
        return local().tls(TlsOptions.builder()
                        .certificate(pem.chain(), pem.key())
                        .reloadInterval(reloadInterval)
                        .provider(provider)
                        .build())
                .build();
    }
}
