package dev.tidewire.benchmarks.load;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.MessageHandler;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The load generator finds out servers that do not do the work. */
final class LoadRunTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Load ECHO = new Load.Echo(3, 20, 4);

    @Test
    void counts_what_an_echo_server_sends_back() throws Exception {
        AtomicInteger messages = new AtomicInteger();
        Outcome outcome = run(ECHO, (ws, frame) -> {
            messages.incrementAndGet();
            ws.push(frame.fd(), frame.bytes(), frame.opcode(), true);
        });
        assertThat(outcome.failure).isNull();
        assertThat(outcome.quiet).isTrue();
        assertThat(outcome.counted.count()).isPositive().isLessThanOrEqualTo(messages.get());
        assertThat(outcome.counted.latency().p50()).isPositive();
    }

    @Test
    void finds_a_changed_byte() throws Exception {
        AtomicInteger messages = new AtomicInteger();
        Outcome outcome = run(ECHO, (ws, frame) -> {
            byte[] bytes = frame.bytes();
            if (messages.incrementAndGet() == 100) bytes[10] ^= 1;
            ws.push(frame.fd(), bytes, frame.opcode(), true);
        });
        assertThat(outcome.failure).contains("wrong content");
    }

    @Test
    void finds_a_missing_reply() throws Exception {
        AtomicInteger messages = new AtomicInteger();
        Outcome outcome = run(ECHO, (ws, frame) -> {
            if (messages.incrementAndGet() != 100) ws.push(frame.fd(), frame.bytes(), frame.opcode(), true);
        });
        assertThat(outcome.failure).contains("wrong content");
    }

    @Test
    void finds_a_reply_too_many() throws Exception {
        Outcome outcome = run(new Load.Echo(1, 20, 1), (ws, frame) -> {
            ws.push(frame.fd(), frame.bytes(), frame.opcode(), true);
            ws.push(frame.fd(), frame.bytes(), frame.opcode(), true);
        });
        assertThat(outcome.failure).isNotNull();
    }

    @Test
    void opens_and_closes_connections_over_and_over() throws Exception {
        Outcome outcome =
                run(new Load.Churn(4, 20), (ws, frame) -> ws.push(frame.fd(), frame.bytes(), frame.opcode(), true));
        assertThat(outcome.failure).isNull();
        assertThat(outcome.counted.count()).isPositive();
    }

    private record Outcome(
            Counted counted, boolean quiet, @Nullable String failure) {}

    /** Goes on until a hundred and some messages have come or something went wrong. */
    private static Outcome run(Load load, MessageHandler handler) throws Exception {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .threads(1)
                .dispatch(Dispatch.EVENT_LOOP)
                .build();
        try (WebSocketServer server = new WebSocketServer(options).on(MESSAGE, handler);
                Sockets sockets = new Sockets(load.sockets(), 1)) {
            server.start();
            Target target = new Target(server.localAddress(), "/", false, "");
            try (LoadRun run = new LoadRun(load, target, sockets)) {
                run.open(load.connections());
                long started = run.startCounting(System::nanoTime);
                run.start();
                while (run.failure().isEmpty() && run.counted().count() < 150) {
                    assertThat(run.endCounting(System::nanoTime)).isGreaterThan(started);
                }
                Counted counted = run.counted();
                boolean quiet = run.stop(PATIENCE);
                return new Outcome(counted, quiet, run.failure().orElse(null));
            }
        }
    }
}
