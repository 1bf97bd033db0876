package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import io.netty.channel.kqueue.KQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class StartTest {
    @ParameterizedTest
    @MethodSource("oneOfEachKind")
    void takesAFreePortForPort0(Supplier<Server> maker) {
        try (Server server = maker.get()) {
            assertThatThrownBy(server::port).isInstanceOf(IllegalStateException.class);
            server.start();

            assertThat(server.port()).isBetween(1, 65_535);
            assertThat(server.localAddress().getPort()).isEqualTo(server.port());
            connect(server).close();
        }
    }

    static Stream<Named<Supplier<Server>>> oneOfEachKind() {
        return Stream.of(
                Named.of("Server", () -> tcp("127.0.0.1", 0)),
                Named.of(
                        "HttpServer",
                        () -> new HttpServer("127.0.0.1", 0)
                                .on(HttpServer.REQUEST, (request, response) -> response.end())),
                Named.of(
                        "WebSocketServer",
                        () -> new WebSocketServer("127.0.0.1", 0).on(WebSocketServer.MESSAGE, (ws, frame) -> {})),
                Named.of(
                        "Server of options",
                        () -> new Server(local().build()).on(Server.RECEIVE, (server, fd, data) -> {})),
                Named.of(
                        "HttpServer of options",
                        () -> new HttpServer(local().build())
                                .on(HttpServer.REQUEST, (request, response) -> response.end())),
                Named.of("WebSocketServer of options", () -> echo(local().build())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "0.0.0.0", "localhost"})
    void listensOnAddressesAndHostNames(String host) {
        try (Server server = started(tcp(host, 0));
                RawClient client = connect(server)) {
            assertThat(server.host()).isEqualTo(host);
            assertThat(client.localAddress().getAddress().isLoopbackAddress()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "::", "0:0:0:0:0:0:0:1"})
    void listensOnIpv6(String host) {
        assumeTrue(hasIpv6(), "this machine has no IPv6");
        try (WebSocketServer server = started(echo(ServerOptions.of(host, 0)));
                RawClient client = open(server)) {
            client.sendMessage("hi").expectText("hi");
        }
    }

    @ParameterizedTest(name = "\"{0}\" port {1}")
    @CsvSource({
        "'',        80,    host must not be blank",
        "' ',       80,    host must not be blank",
        "127.0.0.1, -1,    'port must be between 0 and 65535, was -1'",
        "127.0.0.1, 65536, 'port must be between 0 and 65535, was 65536'",
    })
    void refusesAnAddressThatIsNone(String host, int port, String rule) {
        assertThatThrownBy(() -> new WebSocketServer(host, port))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(rule);
    }

    @OnEveryTransport
    void namesHostAndPortWhenThePortIsTaken(Transport transport) throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            int port = taken.getLocalPort();
            Server server = new Server(ServerOptions.builder("127.0.0.1", port)
                            .transport(transport)
                            .build())
                    .on(Server.RECEIVE, (it, fd, data) -> {});

            assertThatThrownBy(server::start)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageStartingWith("cannot listen on 127.0.0.1:" + port + ": ");
            assertThatThrownBy(server::port).isInstanceOf(IllegalStateException.class);
            assertThatCode(server::close).doesNotThrowAnyException();
            assertThatCode(server::awaitShutdown).doesNotThrowAnyException();
        }
    }

    @Test
    void nothingIsBoundOnceAStartHasFailedOfWhateverItWas() {
        Handler broken = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                throw new ExceptionInInitializerError("for the test");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger("dev.tidewire.server");
        Server server = tcp("127.0.0.1", 0);
        log.addHandler(broken);
        try {
            assertThatThrownBy(server::start).isInstanceOf(ExceptionInInitializerError.class);
        } finally {
            log.removeHandler(broken);
        }
        int port = ((InetSocketAddress) server.listeners().getFirst().address()).getPort();
        try (Server next = started(tcp("127.0.0.1", port))) {
            connect(next).close();
        }
    }

    @Test
    void namesAHostThatIsUnknown() {
        assertThatThrownBy(tcp("no-such-host.invalid", 4711)::start)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot listen on no-such-host.invalid:4711: the host name is unknown");
    }

    @Test
    void namesATransportThatDoesNotWorkHere() {
        assumeTrue(!KQueue.isAvailable(), "kqueue works here");
        Server server =
                new Server(local().transport(Transport.KQUEUE).build()).on(Server.RECEIVE, (it, fd, data) -> {});

        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("transport kqueue does not work here");
    }

    @Test
    void startsOnce() {
        Server server = started(tcp("127.0.0.1", 0));

        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a server starts once, this one runs");
        connect(server).close();
        server.close();
        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a server starts once, this one was closed");
    }

    @Test
    void doesNotStartOnceClosed() {
        Server server = tcp("127.0.0.1", 0);
        server.close();

        assertThatThrownBy(server::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void severalServersRunSideBySide() {
        try (WebSocketServer first = started(echo(local().build()));
                WebSocketServer second = started(echo(local().build()));
                RawClient toFirst = open(first);
                RawClient toSecond = open(second)) {
            toFirst.sendMessage("one").expectText("one");
            toFirst.close();
            first.close();
            toSecond.sendMessage("two").expectText("two");
        }
    }

    @Test
    void aPortIsFreeAgainOnceItsServerIsClosed() {
        Server server = started(tcp("127.0.0.1", 0));
        int port = server.port();
        connect(server).close();
        server.close();

        try (Server next = started(tcp("127.0.0.1", port))) {
            connect(next).close();
        }
    }

    @Test
    void tellsOfItsStartAndItsEnd() {
        List<String> heard = new ArrayList<>();
        Server server = tcp("127.0.0.1", 0)
                .on(Server.START, it -> heard.add("start " + it.port()))
                .on(
                        Server.SHUTDOWN,
                        it -> heard.add("shutdown " + it.connections().count()));
        server.start();
        server.close();

        assertThat(heard).containsExactly("start " + server.port(), "shutdown 0");
    }

    private static Server tcp(String host, int port) {
        return new Server(host, port).on(Server.RECEIVE, (server, fd, data) -> {});
    }

    private static boolean hasIpv6() {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.ofLiteral("::1"))) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
