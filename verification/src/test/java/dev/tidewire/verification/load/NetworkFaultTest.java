package dev.tidewire.verification.load;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.Patience;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What happens to packets between two hosts. */
@ExtendWith(NoLeaks.class)
class NetworkFaultTest {
    private static final int CLIENTS = 50;
    private static final int BUSY_CLIENTS = 20;
    private static final int MESSAGE_BYTES = 16 * 1024;
    /** Far less than what TCP itself takes to give up, which is a quarter of an hour. */
    private static final Duration SLACK = Duration.ofSeconds(20);

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<CloseEvent> closes = new LinkedBlockingQueue<>();
    private final List<RawClient> clients = new ArrayList<>();

    @AfterEach
    void clientsLeave() {
        clients.forEach(RawClient::close);
    }

    @Test
    void everyMessageArrivesOverALineThatLosesPackets() throws Exception {
        try (FarHost far = FarHost.join();
                WebSocketServer server = started(options(far))) {
            far.lose(3);

            open(CLIENTS, far, server);
            for (int i = 0; i < 20; i++) echo("message " + i);

            assertThat(server.connections().count()).isEqualTo(CLIENTS);
            assertThat(closes).isEmpty();
            clientsLeave();
        }
    }

    @Test
    void peersBehindACutCableAreFoundByPings() throws Exception {
        Duration pingInterval = Duration.ofSeconds(2);
        Duration pongTimeout = Duration.ofSeconds(1);
        try (FarHost far = FarHost.join();
                WebSocketServer server =
                        started(options(far).pingInterval(pingInterval).pongTimeout(pongTimeout))) {
            open(CLIENTS, far, server);
            echo("the last word");
            far.cutCable();
            long cut = System.nanoTime();

            awaitAllLost(CLIENTS, cut, pingInterval.plus(pongTimeout), "dead peers");
            assertThat(server.connections().count()).isZero();
        }
        assertThat(closes).isEmpty();
    }

    /** What finds peers for which data waits. */
    enum Finder {
        WRITE_TIMEOUT("limit.writeTimeout", Duration.ofSeconds(1), Duration.ofMillis(1250)),
        /** Which are not sent, for they would wait behind the data: what the socket takes is watched in their place. */
        PINGS("limit.pongTimeout", Duration.ZERO, Duration.ofSeconds(2));

        private final String counter;
        private final Duration writeTimeout;
        private final Duration promised;

        Finder(String counter, Duration writeTimeout, Duration promised) {
            this.counter = counter;
            this.writeTimeout = writeTimeout;
            this.promised = promised;
        }

        ServerOptions.Builder in(ServerOptions.Builder options) {
            Duration half = promised.dividedBy(2);
            return options.writeTimeout(writeTimeout)
                    .pingInterval(this == PINGS ? half : Duration.ZERO)
                    .pongTimeout(half);
        }
    }

    @ParameterizedTest
    @EnumSource
    void peersBehindACutCableAreFoundWhileDataWaitsForThem(Finder finder) throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        try (FarHost far = FarHost.join();
                WebSocketServer server = started(finder.in(options(far).slowConsumer(SlowConsumer.DROP_NEWEST)))) {
            open(BUSY_CLIENTS, far, server);
            AtomicInteger read = new AtomicInteger();
            for (RawClient client : clients) Thread.ofVirtual().start(() -> readAll(client, read));
            Thread pusher = Thread.ofVirtual().start(() -> pushToAll(server, done));
            Patience.until("data flows", () -> read.get() >= 5 * BUSY_CLIENTS);
            far.cutCable();
            long cut = System.nanoTime();
            Patience.until(
                    "data waits",
                    () -> fds.stream().allMatch(fd -> server.queuedBytes(fd) >= MESSAGE_BYTES || !server.exists(fd)));

            Set<Long> lost = awaitAllLost(BUSY_CLIENTS, cut, finder.promised, "dead peers with data by " + finder);
            done.set(true);
            pusher.join();
            assertThat(lost).containsExactlyInAnyOrderElementsOf(fds);
            assertThat(server.counters()).containsEntry(finder.counter, (long) BUSY_CLIENTS);
            Patience.until("nothing waits", () -> server.queuedBytes() == 0);
            assertThat(server.connections().count()).isZero();
        } finally {
            done.set(true);
        }
        assertThat(closes).as("each is told once").isEmpty();
    }

    private static ServerOptions.Builder options(FarHost far) {
        return ServerOptions.builder(far.here(), 0);
    }

    private WebSocketServer started(ServerOptions.Builder options) {
        WebSocketServer server = new WebSocketServer(options.build())
                .on(OPEN, (ws, request) -> fds.add(request.fd()))
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()))
                .on(CLOSE, (ws, close) -> closes.add(close));
        server.start();
        return server;
    }

    private void open(int howMany, FarHost far, WebSocketServer server) throws Exception {
        for (int i = 0; i < howMany; i++) {
            RawClient client = far.connect(server.localAddress()).timeout(Duration.ofSeconds(60));
            clients.add(client);
            client.upgrade();
        }
    }

    private void echo(String text) {
        for (RawClient client : clients) client.sendMessage(text);
        for (RawClient client : clients) client.expectText(text);
    }

    /** Reads, and answers pings, up to the end. */
    private static void readAll(RawClient client, AtomicInteger read) {
        try {
            while (true) {
                RawFrame frame = client.readFrame();
                if (frame.opcode() == Opcode.PING.code()) {
                    client.sendFrame(Opcode.PONG.code(), true, frame.payload());
                }
                read.incrementAndGet();
            }
        } catch (UncheckedIOException e) {
            // The test is over.
        }
    }

    private void pushToAll(WebSocketServer server, AtomicBoolean done) {
        byte[] message = new byte[MESSAGE_BYTES];
        while (!done.get()) {
            for (long fd : fds) server.push(fd, message);
            LockSupport.parkNanos(5_000_000);
        }
    }

    /** Awaits the ends of so many connections, whose peers vanished at {@code cut}. */
    private Set<Long> awaitAllLost(int howMany, long cut, Duration promised, String what) throws InterruptedException {
        Set<Long> lost = new HashSet<>();
        for (int i = 0; i < howMany; i++) {
            CloseEvent close = closes.poll(promised.plus(SLACK).toMillis(), TimeUnit.MILLISECONDS);
            assertThat(close).isNotNull();
            assertThat(close.code()).isEqualTo(1006);
            assertThat(close.initiator()).isEqualTo(Initiator.SERVER);
            assertThat(close.clean()).isFalse();
            lost.add(close.fd());
        }
        System.out.printf(
                "network faults: %d %s found %d ms after the cut, promised %d%n",
                howMany, what, (System.nanoTime() - cut) / 1_000_000, promised.toMillis());
        return lost;
    }
}
