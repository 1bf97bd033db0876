package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.TlsFixture.AUTHORITY;
import static dev.tidewire.server.TlsFixture.localhost;
import static dev.tidewire.server.TlsFixture.write;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.TlsProvider;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a TLS client sees that shares no code with either provider: {@code openssl s_client}. */
@ExtendWith(NoLeaks.class)
class TlsOpensslTest {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} {1}: {2} {3}")
    @CsvSource({
        "JDK,     -tls1_3, TLSv1.3, TLS_AES_",
        "JDK,     -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256, TLSv1.3, TLS_CHACHA20_POLY1305_SHA256",
        "JDK,     -tls1_2, TLSv1.2, ECDHE-ECDSA-AES",
        "OPENSSL, -tls1_3, TLSv1.3, TLS_AES_",
        "OPENSSL, -tls1_2, TLSv1.2, ECDHE-ECDSA-AES",
    })
    void opensslAgreesWithUs(TlsProvider provider, String options, String version, String cipher) {
        try (var server = server(provider)) {
            assertThat(connect(server, options))
                    .contains("Verification: OK", "Verify return code: 0 (ok)", "ALPN protocol: http/1.1")
                    .contains("New, " + version + ", Cipher is " + cipher)
                    .contains("HTTP/1.1 200 OK", "hello from within")
                    .containsPattern("<<< TLS 1.[23], Alert \\[length 0002\\], warning close_notify");
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "JDK,     -tls1_1 -cipher DEFAULT@SECLEVEL=0, protocol_version",
        "JDK,     -tls1 -cipher DEFAULT@SECLEVEL=0,   protocol_version",
        "JDK,     -tls1_2 -cipher AES128-SHA,         no_shared_cipher",
        "JDK,     -tls1_2 -cipher ECDHE-ECDSA-AES128-SHA, no_shared_cipher",
        "OPENSSL, -tls1_1 -cipher DEFAULT@SECLEVEL=0, protocol_version",
        "OPENSSL, -tls1_2 -cipher AES128-SHA,         no_shared_cipher",
    })
    void versionsAndCiphersOfThePastAreRefused(TlsProvider provider, String options, String counted) {
        try (var server = server(provider)) {
            assertThat(connect(server, options)).contains("Cipher is (NONE)", "alert");
            assertThat(server.counters().keySet())
                    .filteredOn(name -> name.startsWith("tls."))
                    .containsExactly("tls.handshake_failed." + counted);
        }
    }

    private HttpServer server(TlsProvider provider) {
        return started(new HttpServer(local().tls(localhost(folder, provider)).build())
                .on(HttpServer.REQUEST, (request, response) -> response.end("hello from within\n")));
    }

    private String connect(Server server, String options) {
        Path trusted = write(folder, "authority.pem", AUTHORITY.getCertificatePEM());
        return TlsOpenssl.run(
                "s_client -connect 127.0.0.1:" + server.port() + " -servername localhost -verify_hostname localhost"
                        + " -verify_return_error -alpn http/1.1 -msg -ign_eof -CAfile " + trusted + " " + options,
                REQUEST);
    }
}
