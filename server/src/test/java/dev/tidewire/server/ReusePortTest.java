package dev.tidewire.server;

import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class ReusePortTest {
    private final BlockingQueue<String> threads = new LinkedBlockingQueue<>();

    @OnEveryTransport
    void severalServersShareAPort(Transport transport) {
        ServerOptions options = local().transport(transport).reusePort(true).build();
        try (WebSocketServer first = started(echo(options));
                WebSocketServer second = started(echo(ServerOptions.builder("127.0.0.1", first.port())
                        .threads(2)
                        .transport(transport)
                        .reusePort(true)
                        .build()))) {
            // The kernel deals by a hash of the addresses: of so many one comes to each, all but surely.
            for (int i = 0; i < 200 && (noneCame(first) || noneCame(second)); i++) {
                try (RawClient client = open(first)) {
                    client.sendMessage("hi").expectText("hi");
                    came(first, second);
                }
            }
            assertThat(reached).containsExactlyInAnyOrder(first, second);
        }
    }

    private final Set<Server> reached = new HashSet<>();

    private boolean noneCame(Server server) {
        return !reached.contains(server);
    }

    private void came(Server... servers) {
        for (Server server : servers) {
            if (server.connections().count() > 0) reached.add(server);
        }
    }

    @OnEveryTransport
    void connectionsAreAcceptedOnEveryLoop(Transport transport) {
        Server server = new Server(local().transport(transport)
                        .dispatch(Dispatch.EVENT_LOOP)
                        .reusePort(true)
                        .build())
                .on(
                        Server.CONNECT,
                        (it, fd) -> threads.add(Thread.currentThread().getName()))
                .on(Server.RECEIVE, (it, fd, data) -> {});
        Set<String> seen = new HashSet<>();
        try (Server running = started(server)) {
            for (int i = 0; i < 200 && seen.size() < 2; i++) {
                Fixture.connect(running).close();
                seen.add(take(threads));
            }
        }
        assertThat(seen).hasSize(2);
    }

    @OnEveryTransport
    void aPortThatIsNotSharedIsTaken(Transport transport) {
        try (WebSocketServer first = started(echo(local().transport(transport).build()))) {
            Server second = echo(ServerOptions.builder("127.0.0.1", first.port())
                    .transport(transport)
                    .reusePort(true)
                    .build());

            assertThatThrownBy(second::start).isInstanceOf(UncheckedIOException.class);
        }
    }
}
