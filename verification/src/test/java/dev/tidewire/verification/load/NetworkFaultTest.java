package dev.tidewire.verification.load;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.verification.NoLeaks;
import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What happens to packets between two hosts. */
@ExtendWith(NoLeaks.class)
class NetworkFaultTest {
    private static final int CLIENTS = 50;
    private static final Duration PING_INTERVAL = Duration.ofSeconds(2);
    private static final Duration PONG_TIMEOUT = Duration.ofSeconds(1);
    /** Far less than what TCP itself takes to give up, which is a quarter of an hour. */
    private static final Duration SLACK = Duration.ofSeconds(20);

    private final BlockingQueue<Integer> closes = new LinkedBlockingQueue<>();

    @Test
    void everyMessageArrivesOverALineThatLosesPackets() throws Exception {
        try (FarHost far = FarHost.join();
                WebSocketServer server = started(far, Duration.ofMinutes(5))) {
            far.lose(3);

            awaitDone(far.start(FarClients.class, far.here(), "" + server.port(), "" + CLIENTS, "20"));

            assertThat(server.connections().count()).isEqualTo(CLIENTS);
            assertThat(closes).isEmpty();
        }
    }

    @Test
    void peersBehindACutCableAreFoundByPings() throws Exception {
        try (FarHost far = FarHost.join();
                WebSocketServer server = started(far, PING_INTERVAL)) {
            awaitDone(far.start(FarClients.class, far.here(), "" + server.port(), "" + CLIENTS, "1"));
            far.cutCable();
            long cut = System.nanoTime();

            long patience = PING_INTERVAL.plus(PONG_TIMEOUT).plus(SLACK).toMillis();
            for (int i = 0; i < CLIENTS; i++) {
                assertThat(closes.poll(patience, TimeUnit.MILLISECONDS)).isEqualTo(1006);
            }
            System.out.printf(
                    "network faults: %d dead peers found %d ms after the cut, promised %d%n",
                    CLIENTS,
                    (System.nanoTime() - cut) / 1_000_000,
                    PING_INTERVAL.plus(PONG_TIMEOUT).toMillis());
            assertThat(server.connections().count()).isZero();
        }
    }

    private WebSocketServer started(FarHost far, Duration pingInterval) {
        ServerOptions options = ServerOptions.builder(far.here(), 0)
                .pingInterval(pingInterval)
                .pongTimeout(PONG_TIMEOUT)
                .build();
        var server = new WebSocketServer(options);
        server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()));
        server.on(CLOSE, (ws, close) -> closes.add(close.code()));
        server.start();
        return server;
    }

    private static void awaitDone(Process clients) throws IOException {
        BufferedReader lines = clients.inputReader(UTF_8);
        assertThat(lines.readLine()).isEqualTo("done");
    }
}
