package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.TlsFixture.AUTHORITY;
import static dev.tidewire.server.TlsFixture.STRANGER;
import static dev.tidewire.server.TlsFixture.client;
import static dev.tidewire.server.TlsFixture.localhost;
import static dev.tidewire.server.TlsFixture.trusting;
import static dev.tidewire.server.TlsFixture.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.TlsInfo;
import dev.tidewire.server.options.ClientAuth;
import dev.tidewire.server.options.TlsOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.testkit.RawClient;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which clients get in, by the certificate they show, and what is known of it. */
@ExtendWith(NoLeaks.class)
class TlsClientAuthTest {
    @TempDir
    Path folder;

    private final BlockingQueue<TlsInfo> infos = new LinkedBlockingQueue<>();

    @ParameterizedTest(name = "{0} {1} {2}: a client with the certificate of {3} shows {4}")
    @CsvSource({
        "JDK,     TLSv1.3, OFF,      nobody,    0",
        "JDK,     TLSv1.3, OFF,      authority, 0",
        "JDK,     TLSv1.3, OFF,      stranger,  0",
        "JDK,     TLSv1.3, OPTIONAL, nobody,    0",
        "JDK,     TLSv1.3, OPTIONAL, authority, 1",
        "JDK,     TLSv1.3, REQUIRED, authority, 1",
        "JDK,     TLSv1.2, OPTIONAL, nobody,    0",
        "JDK,     TLSv1.2, REQUIRED, authority, 1",
        "OPENSSL, TLSv1.3, OFF,      authority, 0",
        "OPENSSL, TLSv1.3, OPTIONAL, nobody,    0",
        "OPENSSL, TLSv1.3, OPTIONAL, authority, 1",
        "OPENSSL, TLSv1.3, REQUIRED, authority, 1",
        "OPENSSL, TLSv1.2, OPTIONAL, nobody,    0",
        "OPENSSL, TLSv1.2, REQUIRED, authority, 1",
    })
    void letsIn(TlsProvider provider, String protocol, ClientAuth mode, String signer, int certificates) {
        try (var server = server(provider, mode);
                RawClient client = TlsFixture.handshake(socket(server, protocol, signer))) {
            client.upgrade();

            TlsInfo info = take(infos);
            assertThat(info.protocol()).isEqualTo(protocol);
            assertThat(info.peerCertificates()).hasSize(certificates);
            if (certificates > 0) {
                assertThat(info.peerCertificates().getFirst().getSubjectX500Principal())
                        .hasToString("CN=alice");
            }
            client.sendMessage("hello");
            client.expectText("hello");
        }
    }

    @ParameterizedTest(name = "{0} {1} {2}: a client with the certificate of {3} is refused for {4}")
    @CsvSource({
        "JDK,     TLSv1.3, REQUIRED, nobody,   no_client_certificate,  certificate_required|bad_certificate",
        "JDK,     TLSv1.2, REQUIRED, nobody,   no_client_certificate,  bad_certificate|handshake_failure",
        "JDK,     TLSv1.3, REQUIRED, stranger, bad_client_certificate, certificate_unknown",
        "JDK,     TLSv1.2, REQUIRED, stranger, bad_client_certificate, certificate_unknown",
        "JDK,     TLSv1.3, OPTIONAL, stranger, bad_client_certificate, certificate_unknown",
        "OPENSSL, TLSv1.3, REQUIRED, nobody,   no_client_certificate,  certificate_required",
        "OPENSSL, TLSv1.2, REQUIRED, nobody,   no_client_certificate,  handshake_failure|bad_certificate",
        "OPENSSL, TLSv1.3, REQUIRED, stranger, bad_client_certificate, internal_error",
        "OPENSSL, TLSv1.2, OPTIONAL, stranger, bad_client_certificate, internal_error",
    })
    void refusesWithAnAlertThatArrives(
            TlsProvider provider, String protocol, ClientAuth mode, String signer, String counted, String alert) {
        try (var server = server(provider, mode)) {
            assertThatThrownBy(() -> {
                        try (SSLSocket socket = socket(server, protocol, signer)) {
                            socket.startHandshake();
                            // In TLS 1.3 a client is done before the server has looked at its certificate.
                            socket.getOutputStream().write(new byte[20_000]);
                            socket.getInputStream().read();
                        }
                    })
                    .isInstanceOf(SSLException.class)
                    .hasMessageMatching("(?s).*Received fatal alert: (" + alert + ").*");
            until(() -> server.counters().containsKey("tls.handshake_failed." + counted));
            assertThat(infos).isEmpty();
        }
    }

    private WebSocketServer server(TlsProvider provider, ClientAuth mode) {
        TlsOptions.Builder tls = localhost(folder).provider(provider).clientAuth(mode);
        if (mode != ClientAuth.OFF) {
            tls.trustedClients(write(folder, "authority.pem", AUTHORITY.getCertificatePEM()));
        }
        return started(Fixture.echo(local().tls(tls.build()).build())
                .on(
                        WebSocketServer.CONNECT,
                        (ws, fd) ->
                                infos.add(ws.clientInfo(fd).orElseThrow().tls().orElseThrow())));
    }

    private static SSLSocket socket(Server server, String protocol, String signer) {
        SSLContext context = switch (signer) {
            case "authority" -> trusting(AUTHORITY, client("alice", AUTHORITY));
            case "stranger" -> trusting(AUTHORITY, client("mallory", STRANGER));
            default -> trusting(AUTHORITY);
        };
        SSLSocket socket = TlsFixture.socket(server, context, "localhost");
        socket.setEnabledProtocols(new String[] {protocol});
        return socket;
    }
}
