package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.TlsFixture.handshake;
import static dev.tidewire.server.TlsFixture.localhost;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What costs a server more than its client, once TLS is there. */
@ExtendWith(NoLeaks.class)
class TlsGuardTest {
    @TempDir
    Path folder;

    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void aSecondHandshakeEndsTheConnection(TlsProvider provider) throws Exception {
        isCutOff(
                provider,
                "TLSv1.2",
                "tls.renegotiation",
                (socket, client) -> assertThatThrownBy(() -> {
                            socket.startHandshake();
                            client.readFrame();
                        })
                        .isInstanceOfAny(IOException.class, UncheckedIOException.class));
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void newKeysAreTakenAFewTimes(TlsProvider provider) throws Exception {
        try (WebSocketServer server = server(provider);
                SSLSocket socket = socket(server, "TLSv1.3");
                RawClient client = handshake(socket)) {
            client.upgrade();
            for (int i = 0; i < 10; i++) {
                socket.startHandshake();
                echoes(client, "with new keys " + i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void aFloodOfNewKeysEndsTheConnection(TlsProvider provider) throws Exception {
        isCutOff(
                provider,
                "TLSv1.3",
                "tls.empty_records",
                (socket, client) -> assertThatThrownBy(() -> {
                            for (int i = 0; i < 10_000; i++) socket.startHandshake();
                        })
                        .isInstanceOf(IOException.class));
    }

    private void isCutOff(
            TlsProvider provider, String protocol, String counter, BiConsumer<SSLSocket, RawClient> attack)
            throws IOException {
        try (WebSocketServer server = server(provider);
                SSLSocket socket = socket(server, protocol);
                RawClient client = handshake(socket)) {
            client.upgrade();
            echoes(client, "before");

            attack.accept(socket, client);

            assertThat(take(closes).clean()).isFalse();
            if (provider == TlsProvider.JDK) assertThat(server.counters()).containsEntry(counter, 1L);
        }
    }

    private WebSocketServer server(TlsProvider provider) {
        return started(Fixture.echo(local().tls(localhost(folder, provider)).build())
                .on(WebSocketServer.CLOSE, (ws, close) -> closes.add(close)));
    }

    private static SSLSocket socket(WebSocketServer server, String protocol) {
        SSLSocket socket = TlsFixture.socket(server);
        socket.setEnabledProtocols(new String[] {protocol});
        return socket;
    }

    private static void echoes(RawClient client, String text) {
        client.sendMessage(text);
        client.expectText(text);
    }
}
