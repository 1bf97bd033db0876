package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.internal.engine.Engine;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.engine.StreamListening;
import dev.tidewire.server.internal.proxy.Proxied;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ProxyProtocol;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(NoLeaks.class)
class ProxyProtocolTest {
    static final String LINE = "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n";
    /** Whom that names. */
    static final InetSocketAddress NAMED = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 56324);

    private static final byte[] LOCAL = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a20000000");

    private final BlockingQueue<ClientInfo> infos = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void theClientIsWhomTheProxyNames(Transport transport) {
        try (Server server = started(webSocket(proxied().transport(transport).build()));
                RawClient client = connect(server)) {
            client.sendText(LINE);
            client.upgrade();
            client.sendMessage("hi").expectText("hi");

            ClientInfo info = take(infos);
            assertThat(info.remoteAddress()).isEqualTo(NAMED);
            assertThat(info.proxyAddress()).contains(client.localAddress());
        }
    }

    @InEveryDispatch
    void whatComesWithTheHeaderIsNotLostHoweverTheNetworkCutsIt(Dispatch dispatch) {
        try (Server server = started(webSocket(proxied().dispatch(dispatch).build()));
                RawClient whole = connect(server);
                RawClient cut = connect(server).inChunksOf(1)) {
            for (RawClient client : new RawClient[] {whole, cut}) {
                client.send(
                        together(ascii(LINE + RawClient.upgradeRequest("/")), client.frame(1, true, ascii("at once"))));
                client.expectUpgrade();
                client.expectText("at once");
                assertThat(take(infos).remoteAddress()).isEqualTo(NAMED);
            }
        }
    }

    @OnEveryTransport
    void aLongMessageMayBeginInTheSamePacket(Transport transport) {
        try (Server server = started(webSocket(proxied().transport(transport).build()));
                RawClient client = connect(server)) {
            byte[] message = ascii("0123456789abcdef".repeat(40_000));
            client.send(together(ascii(LINE + RawClient.upgradeRequest("/")), client.frame(1, true, message)));
            client.expectUpgrade();
            client.expectText(new String(message, US_ASCII));
        }
    }

    @Test
    void aProxyThatSpeaksForItselfIsTheClient() {
        try (Server server = started(webSocket(proxied().build()));
                RawClient client = connect(server)) {
            client.send(LOCAL);
            client.upgrade();

            ClientInfo info = take(infos);
            assertThat(info.remoteAddress()).isEqualTo(client.localAddress());
            assertThat(info.proxyAddress()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "FROM_TRUSTED"})
    void withoutAHeaderATrustedProxyIsRefused(ProxyProtocol mode) {
        try (Server server = started(webSocket(proxied().proxyProtocol(mode).build()));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));

            client.expectEnd();
            until(() -> server.connections().count() == 0);
            assertThat(server.counters()).containsEntry("refused.proxy_protocol", 1L);
        }
    }

    @Test
    void aHeaderFromAnybodyElseIsRefusedWhereItIsRequired() {
        try (Server server =
                        started(webSocket(proxied().trustedProxies("10.0.0.0/8").build()));
                RawClient client = connect(server)) {
            client.expectEnd();
            until(() -> server.connections().count() == 0);
            assertThat(server.counters()).containsEntry("refused.proxy_protocol", 1L);
        }
    }

    @Test
    void aHeaderFromAnybodyElseIsNotBelieved() {
        ServerOptions options = proxied()
                .trustedProxies("10.0.0.0/8")
                .proxyProtocol(ProxyProtocol.FROM_TRUSTED)
                .build();
        try (Server server = started(webSocket(options));
                RawClient direct = connect(server);
                RawClient liar = connect(server)) {
            direct.upgrade();
            assertThat(take(infos).remoteAddress()).isEqualTo(direct.localAddress());
            liar.sendText(LINE + RawClient.upgradeRequest("/"));
            assertThat(liar.readHttpResponse().status()).isEqualTo(400);
        }
    }

    @Test
    void aHeaderThatDoesNotComeIsWaitedForNoLongerThanAHandshake() {
        try (Server server = started(webSocket(
                        proxied().handshakeTimeout(Duration.ofMillis(50)).build()));
                RawClient silent = connect(server);
                RawClient halfway = connect(server).sendText("PROXY TCP4")) {
            silent.expectEnd();
            halfway.expectEnd();
            assertThat(server.counters()).containsEntry("refused.proxy_protocol", 2L);
        }
    }

    @Test
    void connectionsAreCountedByTheClientsAddress() {
        try (Server server =
                        started(webSocket(proxied().maxConnectionsPerAddress(1).build()));
                RawClient first = connect(server);
                RawClient same = connect(server);
                RawClient other = connect(server)) {
            first.sendText(LINE).upgrade();
            same.sendText(LINE);
            same.expectEnd();
            other.sendText(LINE.replace("192.0.2.1", "192.0.2.2")).upgrade();

            assertThat(server.counters()).containsEntry("limit.maxConnectionsPerAddress", 1L);
            first.close();
            until(() -> server.connections().count() == 1);
            until(() -> isServed(server));
        }
    }

    @Test
    void plainTcpBeginsBehindTheHeader() {
        BlockingQueue<String> connected = new LinkedBlockingQueue<>();
        Server server = new Server(proxied().build())
                .on(
                        Server.CONNECT,
                        (it, fd) -> connected.add(
                                it.clientInfo(fd).orElseThrow().remoteAddress().toString()))
                .on(Server.RECEIVE, (it, fd, data) -> it.send(fd, data));
        try (Server running = started(server);
                RawClient client = connect(running)) {
            client.sendText(LINE);
            assertThat(take(connected)).isEqualTo("/192.0.2.1:56324");
            client.sendText("echo");
            assertThat(client.read(4)).asString().isEqualTo("echo");
        }
    }

    @OnEveryTransport
    void aConnectionWhoseInsideCannotBeginTakesNoPlaceAndNoMemory(Transport transport) throws Exception {
        ServerOptions options = proxied().transport(transport).build();
        Protocol failing = connection -> {
            throw new OutOfMemoryError("for the test");
        };
        Engine engine = new Engine(options, List.of(options));
        StreamListening listening = engine.listen(options, Proxied.around(failing, options));
        try {
            engine.start();
            try (RawClient client = RawClient.connect((InetSocketAddress) listening.address())) {
                client.sendText(LINE + "what follows");
                client.expectEnd();
            }
            until(() -> engine.connections().count() == 0);
        } finally {
            engine.drain(Duration.ZERO, false);
            engine.end(0);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"REQUIRED", "FROM_TRUSTED"})
    void believingAProxyNeedsItsAddress(ProxyProtocol mode) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> local().proxyProtocol(mode).build())
                .withMessage("proxyProtocol " + mode + " needs trustedProxies, there are none");
    }

    private static boolean isServed(Server server) {
        try (RawClient client = connect(server)) {
            client.sendText(LINE + RawClient.upgradeRequest("/"));
            return client.readHttpResponse().status() == 101;
        } catch (UncheckedIOException closed) {
            return false;
        }
    }

    private WebSocketServer webSocket(ServerOptions options) {
        return Fixture.echo(options)
                .on(
                        WebSocketServer.OPEN,
                        (ws, request) -> infos.add(ws.clientInfo(request.fd()).orElseThrow()));
    }

    private static ServerOptions.Builder proxied() {
        return local().proxyProtocol(ProxyProtocol.REQUIRED).trustedProxies("127.0.0.0/8");
    }
}
