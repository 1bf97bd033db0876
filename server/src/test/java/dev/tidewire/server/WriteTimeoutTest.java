package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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

    /** A write that is done at once begins the next one, and so on until the socket is full: each is watched once. */
    @OnEveryTransport
    void aClientThatHasCaughtUpLivesOn(Transport transport) {
        CountDownLatch goOn = new CountDownLatch(1);
        var options = options()
                .transport(transport)
                .dispatch(Dispatch.EVENT_LOOP)
                .threads(1)
                .slowConsumer(SlowConsumer.DROP_OLDEST); // so that messages wait one by one
        try (WebSocketServer server = new WebSocketServer(options.build())) {
            server.on(WebSocketServer.OPEN, (ws, request) -> fds.add(request.fd()))
                    .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                        await(goOn);
                        ws.push(frame.fd(), "here");
                    })
                    .on(WebSocketServer.CLOSE, (ws, close) -> closed.add(summary(close)));
            started(server);
            try (RawClient client = Fixture.open(server)) {
                long fd = take(fds);
                client.sendMessage("hold the loop");
                int messages = 12_000;
                for (int i = 0; i < messages; i++) {
                    server.push(fd, Stuck.numbered(i));
                }
                goOn.countDown();
                until(() -> server.queuedBytes(fd) < 12_000_000);

                for (int i = 0; i < messages; i++) {
                    assertThat(Stuck.numberOf(client.readFrame().payload())).isEqualTo(i);
                }
                client.expectText("here");
                assertThat(closed(Duration.ofMillis(600))).isFalse(); // three times the timeout
                client.sendMessage("and now?");
                client.expectText("here");
            }
        }
    }

    private boolean closed(Duration within) {
        try {
            return closed.poll(within.toNanos(), TimeUnit.NANOSECONDS) != null;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
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
