package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ListenerProtocol;
import dev.tidewire.server.options.OriginPolicy;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(NoLeaks.class)
class ListenTest {
    private static final String HOST = "127.0.0.1";

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void oneServerSpeaksWebSocketHttpAndTcpOnPortsOfTheirOwn(Transport transport) {
        WebSocketServer server = echo(local().transport(transport).build());
        Listener webSocket = server.listen(HOST, 0, ListenerOptions.webSocket());
        Listener http = server.listen(HOST, 0, ListenerOptions.http())
                .on(HttpServer.REQUEST, (request, response) -> response.end("a page"));
        Listener tcp =
                server.listen(HOST, 0, ListenerOptions.tcp()).on(Server.RECEIVE, (it, fd, data) -> it.send(fd, data));
        try (Server running = started(server);
                RawClient first = Fixture.open(running);
                RawClient second = client(webSocket);
                RawClient third = client(http);
                RawClient fourth = client(tcp)) {
            first.sendMessage("main").expectText("main");
            second.upgrade();
            second.sendMessage("second").expectText("second");
            third.sendText("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(third.readHttpResponse().text()).isEqualTo("a page");
            fourth.sendText("raw");
            assertThat(fourth.read(3)).asString().isEqualTo("raw");
        }
    }

    @Test
    void anHttpListenerDoesNotUpgrade() {
        WebSocketServer server = echo(local().build());
        Listener http = server.listen(HOST, 0, ListenerOptions.http())
                .on(
                        HttpServer.REQUEST,
                        (request, response) -> response.status(404).end());
        try (Server running = started(server);
                RawClient client = client(http)) {
            client.sendText(RawClient.upgradeRequest("/"));

            assertThat(client.readHttpResponse().status()).isEqualTo(404);
        }
    }

    @Test
    void listenersSayWhereTheyListenOnceTheServerDoes() {
        Server server = tcp();
        Listener listener = server.listen(HOST, 0, ListenerOptions.tcp());

        assertThatIllegalStateException().isThrownBy(listener::port).withMessage("the server has not been started");
        assertThatIllegalStateException().isThrownBy(server::port);
        try (Server running = started(server)) {
            assertThat(listener.port()).isBetween(1, 65_535).isNotEqualTo(running.port());
            assertThat(listener.address())
                    .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral(HOST), listener.port()));
            assertThat(listener.host()).isEqualTo(HOST);
            assertThat(listener.protocol()).isEqualTo(ListenerProtocol.TCP);
            assertThat(running.listeners()).hasSize(2).last().isSameAs(listener);
            assertThat(running.listeners().getFirst().port()).isEqualTo(running.port());
        }
    }

    @InEveryDispatch
    void eventsGoToTheListenersHandlersAndElseToTheServers(Dispatch dispatch) {
        WebSocketServer server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> heard.add("server open"))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add("server " + frame.text()))
                .on(WebSocketServer.CLOSE, (ws, close) -> heard.add("server close"));
        Listener own = server.listen(HOST, 0, ListenerOptions.webSocket())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add("own " + frame.text()))
                .on(WebSocketServer.CLOSE, (ws, close) -> heard.add("own close"));
        try (Server running = started(server)) {
            try (RawClient client = client(own)) {
                client.upgrade();
                client.sendMessage("a").sendClose(1000);
                assertThat(List.of(take(heard), take(heard), take(heard)))
                        .containsExactly("server open", "own a", "own close");
            }
            try (RawClient client = Fixture.open(running)) {
                client.sendMessage("b").sendClose(1000);
                assertThat(List.of(take(heard), take(heard), take(heard)))
                        .containsExactly("server open", "server b", "server close");
            }
        }
    }

    /** As in a server, what a listener takes whole it does not get in parts, whatever the server does with its own. */
    @Test
    void aListenersMessagesAreNotCutIntoTheServersParts() {
        WebSocketServer server = new WebSocketServer(local().build())
                .on(WebSocketServer.PART, (ws, part) -> heard.add("part " + part.text()));
        Listener whole = server.listen(HOST, 0, ListenerOptions.webSocket())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> heard.add("whole " + frame.text()));
        try (Server running = started(server);
                RawClient client = client(whole);
                RawClient other = Fixture.open(running)) {
            client.upgrade();
            client.sendMessage("a");
            assertThat(take(heard)).isEqualTo("whole a");
            other.sendMessage("b");
            assertThat(take(heard)).startsWith("part ");
        }
    }

    @Test
    void aListenerHasTheServersRoutesUnlessItHasMessagesOfItsOwn() {
        WebSocketServer server = new WebSocketServer(local().build())
                .route("/chat", chat -> chat.on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), "chat")));
        Listener routed = server.listen(HOST, 0, ListenerOptions.webSocket());
        Listener own = server.listen(HOST, 0, ListenerOptions.webSocket())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), "own"));
        try (Server running = started(server);
                RawClient lost = client(routed);
                RawClient chat = client(routed);
                RawClient anywhere = client(own)) {
            lost.sendText(RawClient.upgradeRequest("/other"));
            assertThat(lost.readHttpResponse().status()).isEqualTo(404);
            chat.upgrade("/chat");
            chat.sendMessage("?").expectText("chat");
            anywhere.upgrade("/other");
            anywhere.sendMessage("?").expectText("own");
        }
    }

    @Test
    void limitsAreTheListenersAtThemAndOnePast() {
        WebSocketServer server = echo(local().maxMessageBytes(100).build());
        Listener small =
                server.listen(HOST, 0, ListenerOptions.webSocket().with(options -> options.maxMessageBytes(10)));
        try (Server running = started(server);
                RawClient atMain = Fixture.open(running);
                RawClient client = client(small)) {
            client.upgrade();
            client.sendMessage("x".repeat(10)).expectText("x".repeat(10));
            client.sendMessage("x".repeat(11));
            client.expectClose(1009);
            atMain.sendMessage("x".repeat(100)).expectText("x".repeat(100));
        }
    }

    @Test
    void whatARouteDoesNotSetItHasFromTheListener() {
        WebSocketServer server = echo(local().maxMessageBytes(100).build());
        server.route("/a", route -> {}).route("/b", route -> route.maxMessageBytes(20));
        Listener small =
                server.listen(HOST, 0, ListenerOptions.webSocket().with(options -> options.maxMessageBytes(10)));
        try (Server running = started(server);
                RawClient first = client(small);
                RawClient second = client(small)) {
            first.upgrade("/a");
            first.sendMessage("x".repeat(11));
            first.expectClose(1009);
            second.upgrade("/b");
            second.sendMessage("x".repeat(20)).expectText("x".repeat(20));
        }
    }

    @Test
    void overridesAddUp() {
        Server server = tcp();
        var options = ListenerOptions.tcp()
                .with(it -> it.maxMessageBytes(10).backlog(7))
                .with(it -> it.maxMessageBytes(11).origins(OriginPolicy.any()));
        Listener listener = server.listen(HOST, 0, options);

        assertThat(listener.options().maxMessageBytes()).isEqualTo(11);
        assertThat(listener.options().maxFrameBytes()).isEqualTo(11);
        assertThat(listener.options().backlog()).isEqualTo(7);
        assertThat(listener.options().threads()).isEqualTo(2);
        assertThat(server.options().backlog()).isEqualTo(1024);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("optionsOfAWholeServer")
    void whatOnlyAWholeServerHasIsNotAListeners(String name, Consumer<ServerOptions.Builder> override) {
        Server server = tcp();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.listen(HOST, 0, ListenerOptions.tcp().with(override)))
                .withMessageMatching(name + " is the whole server's \\(.+\\), a listener cannot have its own, was .+");
        assertThat(server.listeners()).hasSize(1);
    }

    static Map<String, Consumer<ServerOptions.Builder>> wholeServers() {
        Duration odd = Duration.ofMillis(12_345);
        return Map.ofEntries(
                entry("transport", options -> options.transport(Transport.NIO)),
                entry("dispatch", options -> options.dispatch(Dispatch.EVENT_LOOP)),
                entry("threads", options -> options.threads(9)),
                entry("shutdownTimeout", options -> options.shutdownTimeout(odd)),
                entry("shutdownCode", options -> options.shutdownCode(1012)),
                entry("shutdownBatch", options -> options.shutdownBatch(77)),
                entry("shutdownInterval", options -> options.shutdownInterval(odd)),
                entry("loopStallThreshold", options -> options.loopStallThreshold(odd)),
                entry("taskWorkers", options -> options.taskWorkers(77)),
                entry("maxQueuedTasks", options -> options.maxQueuedTasks(77)),
                entry("maxConnections", options -> options.maxConnections(77)),
                entry("maxConnectionsPerAddress", options -> options.maxConnectionsPerAddress(77)),
                entry("maxConnectionsPerSecond", options -> options.maxConnectionsPerSecond(77)),
                entry("maxTopicsPerConnection", options -> options.maxTopicsPerConnection(77)),
                entry("maxTopicLength", options -> options.maxTopicLength(77)),
                entry("maxPublishedBytes", options -> options.maxPublishedBytes(77_777)),
                entry("maxTotalQueuedBytes", options -> options.maxTotalQueuedBytes(77_777_777)),
                entry("writeTimeout", options -> options.writeTimeout(odd)));
    }

    static Stream<Arguments> optionsOfAWholeServer() {
        return wholeServers().entrySet().stream().map(option -> Arguments.of(option.getKey(), option.getValue()));
    }

    @Test
    void connectionsOfAListenerAreThoseThatCameInThere() {
        Server server = tcp();
        Listener listener = server.listen(HOST, 0, ListenerOptions.tcp());
        assertThat(listener.connections().count()).isZero();
        try (Server running = started(server);
                RawClient first = connect(running);
                RawClient second = client(listener);
                RawClient third = client(listener)) {
            until(() -> running.connections().count() == 3);
            assertThat(running.connections()).hasSize(3);
            assertThat(listener.connections().count()).isEqualTo(2);
            assertThat(listener.connections()).hasSize(2);
            assertThat(running.listeners().getFirst().connections().count()).isEqualTo(1);
            assertThat(listener.connections().stream()
                            .mapToObj(fd -> running.clientInfo(fd).orElseThrow().remoteAddress()))
                    .containsExactlyInAnyOrder(second.localAddress(), third.localAddress());
            third.close();
            until(() -> listener.connections().count() == 1);
            until(() -> running.connections().count() == 2);
        }
        assertThat(listener.connections().count()).isZero();
    }

    @OnEveryTransport
    void nothingStaysBoundWhenOneAddressIsTaken(Transport transport) throws IOException {
        int free = freePort();
        CountDownLatch connected = new CountDownLatch(1);
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral(HOST))) {
            Server server = tcp(transport).on(Server.CONNECT, (it, fd) -> connected.countDown());
            server.listen(HOST, free, ListenerOptions.tcp());
            server.listen(HOST, taken.getLocalPort(), ListenerOptions.tcp());

            assertThatThrownBy(server::start)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageStartingWith("cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": ");
        }
        try (ServerSocket again = new ServerSocket(free, 1, InetAddress.ofLiteral(HOST))) {
            assertThat(again.isBound()).isTrue();
        }
        assertThat(connected.getCount()).isEqualTo(1);
    }

    @Test
    void theEndOfTheServerIsTheEndOfEveryListener() {
        Server server = tcp().on(Server.CLOSE, (it, close) -> heard.add("close " + close.fd()));
        Listener listener = server.listen(HOST, 0, ListenerOptions.tcp());
        CountDownLatch connected = new CountDownLatch(1);
        listener.on(Server.CONNECT, (it, fd) -> connected.countDown());
        server.start();
        InetSocketAddress address = (InetSocketAddress) listener.address();
        try (RawClient client = client(listener)) {
            await(connected);
            Thread.startVirtualThread(server::close);
            client.expectEof();
        }
        server.close();

        assertThat(take(heard)).isEqualTo("close 1");
        assertThatThrownBy(() -> RawClient.connect(address)).isInstanceOf(UncheckedIOException.class);
    }

    @ParameterizedTest
    @EnumSource(ListenerProtocol.class)
    void aServerListensForWhatItSpeaks(ListenerProtocol protocol) {
        ListenerOptions options = options(protocol);
        new WebSocketServer(local().build()).listen(HOST, 0, options);
        if (protocol == ListenerProtocol.WEB_SOCKET) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new HttpServer(local().build()).listen(HOST, 0, options))
                    .withMessage("listening for WebSocket is not for a HttpServer");
        } else {
            new HttpServer(local().build()).listen(HOST, 0, options);
        }
        if (protocol == ListenerProtocol.TCP || protocol == ListenerProtocol.UDP) {
            tcp().listen(HOST, 0, options);
        } else {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> tcp().listen(HOST, 0, options))
                    .withMessageEndingWith(" is not for a Server");
        }
    }

    @ParameterizedTest
    @EnumSource(ListenerProtocol.class)
    void eachNeedsAHandlerOfWhatItIsThereFor(ListenerProtocol protocol) {
        WebSocketServer server = new WebSocketServer(local().build());
        server.listen(HOST, 4711, options(protocol));
        if (protocol != ListenerProtocol.WEB_SOCKET) server.on(WebSocketServer.MESSAGE, (ws, frame) -> {});

        assertThatIllegalStateException()
                .isThrownBy(server::start)
                .withMessageStartingWith("start() needs a handler of the event ")
                .withMessageContaining(
                        switch (protocol) {
                            case TCP -> "receive for the listener on 127.0.0.1:4711";
                            case HTTP -> "request for the listener on 127.0.0.1:4711";
                            case WEB_SOCKET -> "message";
                            case UDP -> "packet for the listener on 127.0.0.1:4711";
                        });
    }

    @Test
    void eventsThatCannotHappenThereAreRefused() {
        HttpServer server = new HttpServer(local().build());
        Listener http = server.listen(HOST, 0, ListenerOptions.http());
        Listener tcp = server.listen(HOST, 0, ListenerOptions.tcp());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> http.on(Server.START, it -> {}))
                .withMessageStartingWith("event start does not happen on a listener for HTTP");
        assertThatIllegalArgumentException().isThrownBy(() -> http.on(Server.RECEIVE, (it, fd, data) -> {}));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tcp.on(HttpServer.REQUEST, (request, response) -> response.end()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> http.on(WebSocketServer.CLOSE, (ws, close) -> {}))
                .withMessage("event close needs a WebSocketServer, this is a HttpServer");
    }

    @Test
    void listenersAndTheirHandlersComeBeforeTheStart() {
        Server server = tcp();
        Listener listener = server.listen(HOST, 0, ListenerOptions.tcp());
        try (Server running = started(server)) {
            assertThatIllegalStateException().isThrownBy(() -> running.listen(HOST, 0, ListenerOptions.tcp()));
            assertThatIllegalStateException().isThrownBy(() -> listener.on(Server.RECEIVE, (it, fd, data) -> {}));
        }
    }

    private static ListenerOptions options(ListenerProtocol protocol) {
        return switch (protocol) {
            case TCP -> ListenerOptions.tcp();
            case HTTP -> ListenerOptions.http();
            case WEB_SOCKET -> ListenerOptions.webSocket();
            case UDP -> ListenerOptions.udp();
        };
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.ofLiteral(HOST))) {
            return probe.getLocalPort();
        }
    }

    private static Server tcp() {
        return tcp(Transport.AUTO);
    }

    private static Server tcp(Transport transport) {
        return new Server(local().transport(transport).build()).on(Server.RECEIVE, (it, fd, data) -> {});
    }

    private static RawClient client(Listener listener) {
        return RawClient.connect((InetSocketAddress) listener.address());
    }
}
