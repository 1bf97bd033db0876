package dev.tidewire.benchmarks.load;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tidewire.server.Frame;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an echo allocates on the event loop from socket to socket. Counted, not timed; the protocol's part of it is pinned to the
 * byte by the tests there.
 */
final class EchoAllocationTest {
    private static final int PAYLOAD_BYTES = 20;
    /** Messages of one count. */
    private static final int MESSAGES = 5_000;
    /** So many counts; the least is taken, for the first ones also load and link, and what is compiled allocates less. */
    private static final int COUNTS = 12;

    /** A hundred once all of it is compiled, over 400 while little is: this finds a buffer too many, not an object. */
    private static final double MOST_BYTES = 512;

    private final Level tracking = ResourceLeakDetector.getLevel();

    @BeforeEach
    void doNotTrackBuffers() {
        ResourceLeakDetector.setLevel(Level.DISABLED);
    }

    @AfterEach
    void trackBuffers() {
        ResourceLeakDetector.setLevel(tracking);
    }

    @Test
    void an_echoed_message_allocates_little_more_than_its_payload() throws Exception {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .threads(1)
                .dispatch(Dispatch.EVENT_LOOP)
                .build();
        Allocation allocation = new Allocation();
        try (WebSocketServer server = new WebSocketServer(options).on(MESSAGE, allocation::echo);
                Sockets sockets = new Sockets(Sockets.Kind.best(), 1)) {
            server.start();
            Target target = new Target(server.localAddress(), "/", false, "");
            Load load = new Load.Echo(1, PAYLOAD_BYTES, 1);
            try (LoadRun run = new LoadRun(load, target, sockets)) {
                run.open(load.connections());
                run.start();
                assertThat(allocation.perMessage.get()).isBetween((double) PAYLOAD_BYTES, MOST_BYTES);
                assertThat(run.failure()).isEmpty();
            }
        }
    }

    /** Confined to the loop. */
    private static final class Allocation {
        private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        private final CompletableFuture<Double> perMessage = new CompletableFuture<>();
        private long messages;
        private long bytes;
        private long least = Long.MAX_VALUE;

        void echo(WebSocketServer ws, Frame frame) {
            ws.push(frame.fd(), frame.bytes(), frame.opcode(), true);
            if (++messages % MESSAGES != 0) return;
            long now = threads.getCurrentThreadAllocatedBytes();
            if (messages > MESSAGES) least = Math.min(least, now - bytes);
            bytes = now;
            if (messages == (long) MESSAGES * COUNTS) perMessage.complete((double) least / MESSAGES);
        }
    }
}
