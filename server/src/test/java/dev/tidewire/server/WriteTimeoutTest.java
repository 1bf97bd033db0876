package dev.tidewire.server;

import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(NoLeaks.class)
class WriteTimeoutTest {
    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> closed = new LinkedBlockingQueue<>();

    @TempDir
    Path folder;

    @OnEveryTransport
    void aPeerThatTakesNothingIsCutOff(Transport transport) {
        try (WebSocketServer server = server(options().transport(transport));
                RawClient client = Stuck.open(server)) {
            stick(server);

            assertThat(take(closed)).isEqualTo("1006 SERVER unclean");
            assertThat(server.counters()).containsEntry("limit.writeTimeout", 1L);
            assertThat(client).isNotNull();
            until(() -> server.queuedBytes() == 0);
        }
    }

    @InEveryDispatch
    void thatIsSoWhereverHandlersRun(Dispatch dispatch) {
        try (WebSocketServer server = server(options().dispatch(dispatch));
                RawClient client = Stuck.open(server)) {
            stick(server);

            assertThat(take(closed)).isEqualTo("1006 SERVER unclean");
            assertThat(client).isNotNull();
        }
    }

    @ParameterizedTest
    @EnumSource(TlsProvider.class)
    void withinTlsToo(TlsProvider provider) {
        try (WebSocketServer server = server(options().tls(TlsFixture.localhost(folder, provider)));
                RawClient client = TlsFixture.connect(server, "TLSv1.3")) {
            client.upgrade();
            stick(server);

            assertThat(take(closed)).isEqualTo("1006 SERVER unclean");
        }
    }

    @Test
    void morePushesAreNoProgress() throws InterruptedException {
        try (WebSocketServer server = server(options());
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            stick(server, fd);
            Thread pusher = Thread.ofVirtual().start(() -> {
                while (server.exists(fd)) {
                    server.push(fd, "more");
                    LockSupport.parkNanos(1_000_000); // not so fast that the queue gets full
                }
            });

            assertThat(take(closed)).isEqualTo("1006 SERVER unclean");
            pusher.join();
            assertThat(client).isNotNull();
        }
    }

    @Test
    void aSilentConnectionWithNothingToWriteLivesOn() {
        try (WebSocketServer server = server(options());
                RawClient silent = Fixture.open(server)) {
            long fd = take(fds);
            try (RawClient stuck = Stuck.open(server)) {
                stick(server);

                assertThat(take(closed)).isEqualTo("1006 SERVER unclean");
                server.push(fd, "still here");
                silent.expectText("still here");
                assertThat(stuck).isNotNull();
            }
        }
    }

    private static ServerOptions.Builder options() {
        return local().maxQueuedBytes(64 << 20).writeTimeout(Duration.ofMillis(200));
    }

    private WebSocketServer server(ServerOptions.Builder options) {
        return started(
                listening(options.build(), fds).on(WebSocketServer.CLOSE, (ws, close) -> closed.add(summary(close))));
    }

    private void stick(WebSocketServer server) {
        stick(server, take(fds));
    }

    /** More than sockets hold. */
    private static void stick(WebSocketServer server, long fd) {
        for (int i = 0; i < 32; i++) {
            server.push(fd, new byte[1 << 20]);
        }
    }
}
