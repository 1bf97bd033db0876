package dev.tidewire.server;

import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NoLeaks.class)
class UnixSocketTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private Path folder;
    private Path socket;

    UnixSocketTest(@TempDir Path folder) {
        this.folder = folder;
        socket = folder.resolve("x.sock");
    }

    @OnEveryTransport
    void aServerSpeaksOverAUnixDomainSocket(Transport transport) throws IOException {
        byte[] data = new byte[300_000];
        new Random(1).nextBytes(data);
        try (WebSocketServer server =
                        started(echo(options().transport(transport).build()));
                RawClient client = client()) {
            client.upgrade();
            client.sendMessage("hello").expectText("hello");
            client.sendMessage(data);
            assertThat(client.readMessage().payload()).isEqualTo(data);
            client.sendClose(1000);
            client.expectClose(1000);
            client.expectEof();
            assertThat(files()).containsExactly(socket);
        }
        assertThat(files()).isEmpty();
    }

    @OnEveryTransport
    void addressesAreThePathAndAClientWithoutAName(Transport transport) {
        Server server = new Server(options().transport(transport).build())
                .on(Server.RECEIVE, (it, fd, data) -> it.send(fd, data))
                .on(Server.CONNECT, (it, fd) -> {
                    var info = it.clientInfo(fd).orElseThrow();
                    heard.add(info.localAddress() + " from '" + info.remoteAddress() + "'");
                });
        try (Server running = started(server);
                RawClient client = client()) {
            client.sendText("x");
            client.read(1);
            assertThat(take(heard)).isEqualTo(socket + " from ''");
            assertThat(running.listeners().getFirst().address()).isEqualTo(UnixDomainSocketAddress.of(socket));
            assertThat(running.port()).isZero();
            assertThat(running.host()).isEqualTo("unix:" + socket);
            assertThatIllegalStateException()
                    .isThrownBy(running::localAddress)
                    .withMessage("the server listens on a Unix domain socket, " + socket);
        }
    }

    @OnEveryTransport
    void theServersCloseReachesTheClient(Transport transport) {
        Server server = new Server(options().transport(transport).build())
                .on(Server.RECEIVE, (it, fd, data) -> {
                    it.send(fd, new byte[200_000]);
                    it.close(fd);
                })
                .on(Server.CLOSE, (it, close) -> heard.add(Fixture.summary(close)));
        try (Server running = started(server);
                RawClient client = client()) {
            client.sendText("x");
            assertThat(client.readToEnd()).hasSize(200_000);
            client.close();
            assertThat(take(heard)).isEqualTo("1000 SERVER clean");
        }
    }

    /** With io_uring and nio, when one insists on them, the end of the client's half is the end of the connection: Netty's. */
    @Test
    void aClientThatEndsItsHalfStillGetsItsAnswers() {
        assumeTrue(Epoll.isAvailable(), "needs epoll");
        Server server = new Server(options().build()).on(Server.RECEIVE, (it, fd, data) -> it.send(fd, data));
        try (Server running = started(server);
                RawClient client = client()) {
            assertThat(running.transport()).isEqualTo(Transport.EPOLL);
            client.send(new byte[100_000]).halfClose();

            assertThat(client.readToEnd()).hasSize(100_000);
        }
    }

    @Test
    void portsAndSocketsListenSideBySide() {
        WebSocketServer server = echo(local().build());
        server.listen(socket, ListenerOptions.webSocket());
        try (Server running = started(server);
                RawClient first = Fixture.open(running);
                RawClient second = client()) {
            second.upgrade();
            first.sendMessage("tcp").expectText("tcp");
            second.sendMessage("unix").expectText("unix");
        }
    }

    @OnEveryTransport
    void theFileHasThePermissionsAskedFor(Transport transport) throws IOException {
        try (Server server = started(echo(
                options().transport(transport).socketPermissions("rw-rw----").build()))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-rw----");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options().socketPermissions("660"))
                .withMessage("socketPermissions must look like rw-rw----, was '660'");
    }

    @OnEveryTransport
    void aFileThatNobodyListensOnIsReplaced(Transport transport) throws IOException {
        try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        try (WebSocketServer server =
                        started(echo(options().transport(transport).build()));
                RawClient client = client()) {
            client.upgrade();
        }
        assertThat(files()).isEmpty();
    }

    @OnEveryTransport
    void aSocketThatSomebodyListensOnIsLeftAlone(Transport transport) throws IOException {
        try (WebSocketServer first = started(echo(options().build()))) {
            Server second = echo(options().transport(transport).build());

            assertThatThrownBy(second::start)
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("cannot listen on unix:" + socket + ": another process listens there");
            try (RawClient client = client()) {
                client.upgrade();
            }
            assertThat(files()).containsExactly(socket);
        }
    }

    @Test
    @Timeout(10)
    void aSocketWhoseQueueIsFullIsLeftAlone() throws IOException {
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
        try (var busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            busy.bind(address, 1);
            List<SocketChannel> waiting = new ArrayList<>();
            try {
                while (joins(address, waiting)) {}

                assertThatThrownBy(echo(options().build())::start)
                        .isInstanceOf(UncheckedIOException.class)
                        .hasMessage("cannot listen on unix:" + socket + ": another process listens there");
            } finally {
                for (SocketChannel each : waiting) each.close();
            }
        }
    }

    private static boolean joins(UnixDomainSocketAddress queue, List<SocketChannel> waiting) throws IOException {
        SocketChannel next = SocketChannel.open(StandardProtocolFamily.UNIX);
        waiting.add(next);
        next.configureBlocking(false);
        try {
            return next.connect(queue);
        } catch (IOException full) {
            return false;
        }
    }

    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws IOException {
        Files.writeString(socket, "precious");

        assertThatThrownBy(echo(options().build())::start)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageEndingWith(": there is a file of this name that is not a socket");
        assertThat(socket).hasContent("precious");
    }

    @Test
    void anotherProcessesSocketIsNotRemovedAtTheEnd() throws IOException {
        Server server = started(echo(options().build()));
        Files.delete(socket);
        try (var other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(socket));
            server.close();
            assertThat(socket).exists();
        }
    }

    @Test
    void nothingIsLeftWhenAnotherAddressIsTaken() throws IOException {
        try (Server taken = started(echo(local().build()))) {
            Server server = echo(options().build());
            server.listen("127.0.0.1", taken.port(), ListenerOptions.webSocket());

            assertThatThrownBy(server::start).isInstanceOf(UncheckedIOException.class);
        }
        assertThat(files()).isEmpty();
    }

    @OnEveryTransport
    void aFolderThatIsNotThereIsNamed(Transport transport) {
        Path nowhere = folder.resolve("no/such/x.sock");
        Server server = echo(ServerOptions.unix(nowhere).transport(transport).build());

        assertThatThrownBy(server::start)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith("cannot listen on unix:" + nowhere + ": ");
    }

    @Test
    void aPathThatIsTooLongIsNamed() {
        Path longest = folder.resolve("x".repeat(107 - folder.toString().length() - 1));
        started(echo(ServerOptions.unix(longest).threads(1).build())).close();
        Path longer = Path.of(longest + "x");

        assertThatThrownBy(echo(ServerOptions.unix(longer).build())::start)
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageEndingWith(": the path of a socket has at most 107 bytes, this one has 108");
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerOptions.of("unix:\0name", 0))
                .withMessage("host must not contain a NUL, as the names of abstract sockets do, was 'unix:\0name'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerOptions.of("unix:/x", 80))
                .withMessage("port must be 0 for a socket of Unix or systemd, was 80");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerOptions.of("unix:", 0))
                .withMessage("unix: must be followed by a path, was 'unix:'");
    }

    private ServerOptions.Builder options() {
        return ServerOptions.unix(socket).threads(2);
    }

    private RawClient client() {
        return RawClient.connect(UnixDomainSocketAddress.of(socket));
    }

    private Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList().stream();
        }
    }
}
