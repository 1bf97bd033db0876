package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ProxyProtocol;
import dev.tidewire.testkit.RawClient;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class ListenTlsTest {
    private static final String HOST = "127.0.0.1";

    @TempDir
    Path folder;

    @Test
    void aListenerHasTheServersTlsUnlessItIsTakenAway() throws IOException {
        WebSocketServer server =
                echo(local().tls(TlsFixture.localhost(folder).build()).build());
        Listener secure = server.listen(HOST, 0, ListenerOptions.webSocket());
        Listener plain = server.listen(HOST, 0, ListenerOptions.webSocket().with(options -> options.withoutTls()));
        try (Server running = started(server);
                RawClient first =
                        TlsFixture.handshake(secured(new Socket(InetAddress.ofLiteral(HOST), secure.port())));
                RawClient second = RawClient.connect((InetSocketAddress) plain.address())) {
            for (RawClient client : new RawClient[] {first, second}) {
                client.upgrade();
                client.sendMessage("hi").expectText("hi");
            }
        }
    }

    @Test
    void aListenerMayHaveTlsOfItsOwn() throws IOException {
        WebSocketServer server = echo(local().build());
        Listener secure = server.listen(
                HOST,
                0,
                ListenerOptions.webSocket()
                        .with(options ->
                                options.tls(TlsFixture.localhost(folder).build())));
        try (Server running = started(server);
                RawClient plain = Fixture.open(running);
                RawClient client =
                        TlsFixture.handshake(secured(new Socket(InetAddress.ofLiteral(HOST), secure.port())))) {
            client.upgrade();
            client.sendMessage("secret").expectText("secret");
            plain.sendMessage("open").expectText("open");
            running.reloadCertificates();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theProxysHeaderComesBeforeTls(boolean inOneSegment) throws IOException {
        BlockingQueue<ClientInfo> infos = new LinkedBlockingQueue<>();
        WebSocketServer server = echo(local().tls(TlsFixture.localhost(folder).build())
                        .proxyProtocol(ProxyProtocol.REQUIRED)
                        .trustedProxies("127.0.0.1")
                        .build())
                .on(
                        WebSocketServer.OPEN,
                        (ws, request) -> infos.add(ws.clientInfo(request.fd()).orElseThrow()));
        try (Server running = started(server);
                Proxied socket = new Proxied(running.port())) {
            if (!inOneSegment) socket.sendHeader();
            try (RawClient client = TlsFixture.handshake(secured(socket))) {
                client.upgrade();

                ClientInfo info = take(infos);
                assertThat(info.tls()).isPresent();
                assertThat(info.remoteAddress()).isEqualTo(ProxyProtocolTest.NAMED);
            }
        }
    }

    /** A connection through a proxy, whose header comes with the first bytes unless it was sent before. */
    private static final class Proxied extends Socket {
        private byte[] header = ascii(ProxyProtocolTest.LINE);

        Proxied(int port) throws IOException {
            super(InetAddress.ofLiteral(HOST), port);
        }

        void sendHeader() throws IOException {
            getOutputStream().write(new byte[0]);
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    out.write(together(header, Arrays.copyOfRange(bytes, offset, offset + length)));
                    header = new byte[0];
                }
            };
        }
    }

    private static SSLSocket secured(Socket connected) throws IOException {
        return (SSLSocket) TlsFixture.trusting(TlsFixture.AUTHORITY)
                .getSocketFactory()
                .createSocket(connected, "localhost", connected.getPort(), true);
    }
}
