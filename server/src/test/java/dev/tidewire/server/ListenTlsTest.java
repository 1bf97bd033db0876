package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ProxyProtocol;
import dev.tidewire.testkit.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

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

    @Test
    void theProxysHeaderComesBeforeTls() throws IOException {
        BlockingQueue<ClientInfo> infos = new LinkedBlockingQueue<>();
        WebSocketServer server = echo(local().tls(TlsFixture.localhost(folder).build())
                        .proxyProtocol(ProxyProtocol.REQUIRED)
                        .trustedProxies("127.0.0.1")
                        .build())
                .on(
                        WebSocketServer.OPEN,
                        (ws, request) -> infos.add(ws.clientInfo(request.fd()).orElseThrow()));
        try (Server running = started(server)) {
            Socket socket = new Socket(InetAddress.ofLiteral(HOST), running.port());
            socket.getOutputStream().write(ascii("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n"));
            try (RawClient client = TlsFixture.handshake(secured(socket))) {
                client.upgrade();

                ClientInfo info = take(infos);
                assertThat(info.tls()).isPresent();
                assertThat(info.remoteAddress())
                        .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 56324));
            }
        }
    }

    private static SSLSocket secured(Socket connected) throws IOException {
        return (SSLSocket) TlsFixture.trusting(TlsFixture.AUTHORITY)
                .getSocketFactory()
                .createSocket(connected, "localhost", connected.getPort(), true);
    }
}
