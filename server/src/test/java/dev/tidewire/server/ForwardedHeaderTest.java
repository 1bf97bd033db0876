package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.options.ForwardedHeader;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TrustedProxies;
import dev.tidewire.testkit.RawClient;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class ForwardedHeaderTest {
    private final BlockingQueue<ClientInfo> infos = new LinkedBlockingQueue<>();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "192.0.2.1|192.0.2.1",
                "192.0.2.1:1234|192.0.2.1",
                "2001:db8::1|2001:db8:0:0:0:0:0:1",
                "[2001:db8::1]:80|2001:db8:0:0:0:0:0:1",
                // Whoever stands further left was named by the client itself.
                "10.9.9.9, 192.0.2.1|192.0.2.1",
                "evil, 192.0.2.1|192.0.2.1",
                // Proxies in a row, all trusted.
                "192.0.2.1, 10.0.0.2, 10.0.0.3|192.0.2.1",
                "8.8.8.8, 192.0.2.1, 10.0.0.3|192.0.2.1",
                "10.0.0.1, 10.0.0.2|10.0.0.1",
                // The last that is known, where one is not.
                "192.0.2.1, unknown, 10.0.0.3|10.0.0.3",
                "192.0.2.999|127.0.0.1",
                "localhost|127.0.0.1",
                "''|127.0.0.1"
            })
    void theClientIsTheFirstFromTheRightThatIsNoTrustedProxy(String header, String client) {
        try (Server server = started(webSocket(behindProxies().build()));
                RawClient proxy = connect(server)) {
            proxy.upgrade("/", "X-Forwarded-For: " + header);

            assertThat(hostOf(take(infos))).isEqualTo(client);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "for=192.0.2.1|192.0.2.1",
                "For=192.0.2.1;proto=https;by=10.0.0.3|192.0.2.1",
                "for=\"[2001:db8::1]:4711\"|2001:db8:0:0:0:0:0:1",
                "for=8.8.8.8, for=192.0.2.1;proto=http, for=10.0.0.3|192.0.2.1",
                "for=\"a, for=9.9.9.9\", for=192.0.2.1|192.0.2.1",
                "for=_hidden|127.0.0.1",
                "proto=https|127.0.0.1"
            })
    void theStandardHeaderIsReadWhereItIsTheOne(String header, String client) {
        ServerOptions options =
                behindProxies().forwardedHeader(ForwardedHeader.FORWARDED).build();
        try (Server server = started(webSocket(options));
                RawClient proxy = connect(server)) {
            proxy.upgrade("/", "Forwarded: " + header, "X-Forwarded-For: 7.7.7.7");

            assertThat(hostOf(take(infos))).isEqualTo(client);
        }
    }

    /** What stands behind the client's quote is the proxy's. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "for=\"8.8.8.8, for=192.0.2.1",
                "for=\"8.8.8.8, for=\"[2001:db8::1]:4711\"",
                "for=8.8.8.8;proto=\"x\\\", for=192.0.2.1",
            })
    void aQuoteThatDoesNotEndIsRefused(String header) {
        ServerOptions options =
                behindProxies().forwardedHeader(ForwardedHeader.FORWARDED).build();
        try (Server server = started(webSocket(options));
                RawClient proxy = connect(server)) {
            proxy.sendText(RawClient.upgradeRequest("/", "Forwarded: " + header));

            assertThat(proxy.readHttpResponse().status()).isEqualTo(400);
            proxy.expectEof();
        }
    }

    @Test
    void severalLinesAreOneListAndTheProxyIsTold() {
        try (Server server = started(webSocket(behindProxies().build()));
                RawClient proxy = connect(server)) {
            proxy.upgrade("/", "X-Forwarded-For: 8.8.8.8", "X-Forwarded-For: 192.0.2.1, 10.0.0.2");

            ClientInfo info = take(infos);
            assertThat(hostOf(info)).isEqualTo("192.0.2.1");
            assertThat(info.proxyAddress()).contains(proxy.localAddress());
        }
    }

    @Test
    void nobodyElseIsBelieved() {
        try (Server nobody = started(webSocket(local().build()));
                Server others =
                        started(webSocket(local().trustedProxies("10.0.0.0/8").build()));
                Server off = started(webSocket(
                        behindProxies().forwardedHeader(ForwardedHeader.NONE).build()))) {
            for (Server server : new Server[] {nobody, others, off}) {
                try (RawClient liar = connect(server)) {
                    liar.upgrade("/", "X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1");

                    ClientInfo info = take(infos);
                    assertThat(info.remoteAddress()).isEqualTo(liar.localAddress());
                    assertThat(info.proxyAddress()).isEmpty();
                }
            }
        }
    }

    @Test
    void connectionsAreCountedByTheClientsAddressAndTheProxysOwnAreNot() {
        try (Server server = started(
                        webSocket(behindProxies().maxConnectionsPerAddress(1).build()));
                RawClient first = connect(server);
                RawClient same = connect(server);
                RawClient other = connect(server);
                RawClient unnamed = connect(server);
                RawClient alsoUnnamed = connect(server)) {
            first.upgrade("/", "X-Forwarded-For: 192.0.2.1");
            same.sendText(RawClient.upgradeRequest("/", "X-Forwarded-For: 192.0.2.1"));
            assertThat(same.readHttpResponse().status()).isEqualTo(429);
            other.upgrade("/", "X-Forwarded-For: 192.0.2.2");
            unnamed.upgrade();
            alsoUnnamed.upgrade();

            assertThat(server.counters()).containsEntry("limit.maxConnectionsPerAddress", 1L);
        }
    }

    @Test
    void everyRequestOfAKeptConnectionHasItsOwnClient() {
        BlockingQueue<String> clients = new LinkedBlockingQueue<>();
        HttpServer server = new HttpServer(
                        behindProxies().maxConnectionsPerAddress(1).build())
                .on(HttpServer.REQUEST, (request, response) -> {
                    clients.add(((InetSocketAddress) request.remoteAddress()).getHostString());
                    response.end("");
                });
        try (Server running = started(server);
                RawClient proxy = connect(running);
                RawClient second = connect(running)) {
            get(proxy, "192.0.2.1");
            get(proxy, "192.0.2.2");
            get(second, "192.0.2.1");

            assertThat(clients).containsExactly("192.0.2.1", "192.0.2.2", "192.0.2.1");
        }
        until(() -> server.connections().count() == 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/-1", "10.0.0", "proxy.example", "2001:db8::/129", ""})
    void aBlockThatIsNoneIsRefused(String block) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrustedProxies.of(block))
                .withMessageStartingWith(
                        "trustedProxies takes blocks such as 10.0.0.0/8 or 2001:db8::/32, was '" + block);
    }

    @Test
    void aPeerWhoseAddressIsNotKnownIsTrustedByNobody() {
        assertThat(TrustedProxies.of("0.0.0.0/0", "::/0", "unix:")
                        .trusts(InetSocketAddress.createUnresolved("unknown", 0)))
                .isFalse();
    }

    private static void get(RawClient client, String forwardedFor) {
        client.sendText("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + forwardedFor + "\r\n\r\n");
        assertThat(client.readHttpResponse().status()).isEqualTo(200);
    }

    private static String hostOf(ClientInfo info) {
        return ((InetSocketAddress) info.remoteAddress()).getHostString();
    }

    private WebSocketServer webSocket(ServerOptions options) {
        return Fixture.echo(options)
                .on(
                        WebSocketServer.OPEN,
                        (ws, request) -> infos.add(ws.clientInfo(request.fd()).orElseThrow()));
    }

    private static ServerOptions.Builder behindProxies() {
        return local().trustedProxies("127.0.0.1", "10.0.0.0/8");
    }
}
