package dev.tidewire.verification.load;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.Patience;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Many clients that never read, while more is sent to them than anything could hold: memory stays within the budget, and the clients beside
 * them that do read are served as before. Prints what it saw. The system properties {@code stuck.clients}, {@code stuck.seconds},
 * {@code stuck.megabytesPerSecond} and {@code stuck.budgetMegabytes} make it longer; see CONTRIBUTING.md.
 */
@ExtendWith(NoLeaks.class)
class StuckReadersTest {
    private static final int CLIENTS = Integer.getInteger("stuck.clients", 40);
    private static final int SECONDS = Integer.getInteger("stuck.seconds", 2);
    private static final long BYTES_PER_SECOND = Integer.getInteger("stuck.megabytesPerSecond", 100) * 1_000_000L;

    private static final int MESSAGE_BYTES = 10_000;
    private static final long BUDGET_BYTES = Integer.getInteger("stuck.budgetMegabytes", 32) * 1_000_000L;
    /** One chunk for each arena that a thread here may use. */
    private static final long CHUNKS_BYTES = 4L * 1024 * 1024 * PooledByteBufAllocator.defaultNumDirectArena();

    private static final int HEALTHY = 8;
    private static final Duration ASK_EVERY = Duration.ofMillis(5);

    /** What is done to the clients that do not read. */
    enum Way {
        DISCONNECT(SlowConsumer.DISCONNECT),
        DROP_NEWEST(SlowConsumer.DROP_NEWEST),
        DROP_OLDEST(SlowConsumer.DROP_OLDEST),
        CONFLATE(SlowConsumer.DROP_NEWEST),
        PUBLISH(SlowConsumer.DROP_OLDEST);

        private final SlowConsumer policy;

        Way(SlowConsumer policy) {
            this.policy = policy;
        }
    }

    private final Queue<Long> stuckFds = new ConcurrentLinkedQueue<>();
    private final AtomicInteger closes = new AtomicInteger();

    @ParameterizedTest
    @EnumSource(Way.class)
    void clientsThatNeverReadCostNoMoreThanTheBudgetAndHoldUpNobody(Way way) throws Exception {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .slowConsumer(way.policy)
                .maxTotalQueuedBytes(BUDGET_BYTES)
                .closeTimeout(Duration.ofSeconds(1))
                .pingInterval(Duration.ZERO) // or they would be found, and gone
                .writeTimeout(Duration.ZERO)
                .build();
        try (WebSocketServer server = server(options)) {
            List<Visitor> healthy = new ArrayList<>();
            List<SocketChannel> stuck = new ArrayList<>();
            try {
                for (int i = 0; i < HEALTHY; i++) {
                    healthy.add(Visitor.connect(server.localAddress()));
                    healthy.get(i).upgrade();
                }
                long[] before = ask(healthy, () -> LockSupport.parkNanos(SECONDS * 500_000_000L));
                for (int i = 0; i < CLIENTS; i++) {
                    stuck.add(stuckClient(server));
                }
                Patience.until("all are there", () -> stuckFds.size() == CLIENTS);
                Memory memory = new Memory();
                long[] during = ask(healthy, () -> push(server, way, memory));

                memory.report(way, server, before, during);
                assertThat(memory.mostQueued).isLessThanOrEqualTo(BUDGET_BYTES);
                assertThat(memory.mostDirect - memory.directBefore)
                        .as("direct memory, which is taken in chunks")
                        .isLessThanOrEqualTo(BUDGET_BYTES + CHUNKS_BYTES);
                assertPolicy(way, server);
            } finally {
                for (Visitor visitor : healthy) visitor.close();
                for (SocketChannel client : stuck) client.close();
            }
            Patience.until("all are gone", () -> server.connections().count() == 0 && server.queuedBytes() == 0);
            // The handlers of CLOSE may still be on their way.
            Patience.until("each was told", () -> closes.get() >= CLIENTS + HEALTHY);
            assertThat(closes).hasValue(CLIENTS + HEALTHY);
        }
    }

    private WebSocketServer server(ServerOptions options) {
        WebSocketServer server = new WebSocketServer(options)
                .on(OPEN, (ws, request) -> opened(ws, request))
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()))
                .on(CLOSE, (ws, close) -> closes.incrementAndGet());
        server.start();
        return server;
    }

    private void opened(WebSocketServer server, HttpRequest request) {
        if (!request.path().equals("/stuck")) return;
        server.subscribe(request.fd(), "all");
        stuckFds.add(request.fd());
    }

    private static SocketChannel stuckClient(WebSocketServer server) throws IOException {
        SocketChannel socket = SocketChannel.open();
        // The kernel, too, should hold as little as it can.
        socket.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        socket.connect(server.localAddress());
        socket.write(ByteBuffer.wrap("""
                GET /stuck HTTP/1.1\r
                Host: tidewire\r
                Upgrade: websocket\r
                Connection: Upgrade\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                \r
                """.getBytes(US_ASCII)));
        return socket;
    }

    /** Sends at the rate, for the time, to one client after the other; those that are closed are passed over. */
    private void push(WebSocketServer server, Way way, Memory memory) {
        List<Long> fds = List.copyOf(stuckFds);
        byte[] message = new byte[MESSAGE_BYTES];
        long began = System.nanoTime();
        long pushed = 0;
        long inAll = SECONDS * BYTES_PER_SECOND;
        for (int next = 0; pushed < inAll; next = (next + 1) % fds.size()) {
            switch (way) {
                case DISCONNECT, DROP_NEWEST, DROP_OLDEST -> server.push(fds.get(next), message);
                case CONFLATE -> server.pushLatest(fds.get(next), pushed % 5, message);
                case PUBLISH -> {
                    if (next == 0) server.publish("all", message);
                }
            }
            pushed += MESSAGE_BYTES;
            if (next % 50 == 0) memory.look(server);
            long early = pushed * 1_000_000_000 / BYTES_PER_SECOND - (System.nanoTime() - began);
            if (early > 1_000_000) LockSupport.parkNanos(early);
        }
        memory.pushed = pushed;
        memory.nanos = System.nanoTime() - began;
    }

    private void assertPolicy(Way way, WebSocketServer server) {
        Map<String, Long> counters = server.counters();
        switch (way) {
            case DISCONNECT -> {
                long closed = counters.getOrDefault("slow.disconnect", 0L);
                Patience.until("those that were closed are cut off", () -> closes.get() >= closed);
            }
            case DROP_NEWEST -> assertThat(counters).doesNotContainKeys("slow.disconnect", "slow.drop_oldest");
            case DROP_OLDEST, PUBLISH -> assertThat(counters).doesNotContainKey("slow.disconnect");
            case CONFLATE -> {
                assertThat(counters).containsKey("slow.conflate").doesNotContainKey("slow.disconnect");
                // Five wait, and what the socket was given.
                assertThat(stuckFds)
                        .allSatisfy(fd -> assertThat(server.queuedBytes(fd)).isLessThan(200_000));
            }
        }
        if (way != Way.DISCONNECT) assertThat(closes).hasValue(0);
        if (way != Way.CONFLATE && kernelsAreFull()) {
            assertThat(counters.keySet()).anyMatch(name -> name.startsWith("slow."));
        }
    }

    /** True when more was sent to each than sockets hold at their largest, about 4 MB at the server where nothing limits that. */
    private static boolean kernelsAreFull() {
        return SECONDS * BYTES_PER_SECOND / CLIENTS > 4_500_000;
    }

    /** How long each answer took to the questions of those that read, while {@code work} was done; sorted. */
    private static long[] ask(List<Visitor> healthy, Runnable work) throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        Queue<Long> answers = new ConcurrentLinkedQueue<>();
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> askers = new ArrayList<>();
        for (Visitor visitor : healthy) {
            askers.add(Thread.ofVirtual().start(() -> {
                try {
                    while (!done.get()) {
                        long asked = System.nanoTime();
                        visitor.say("are you there?");
                        assertThat(visitor.hear()).isEqualTo("are you there?");
                        answers.add(System.nanoTime() - asked);
                        LockSupport.parkNanos(ASK_EVERY.toNanos());
                    }
                } catch (IOException e) {
                    failures.add(new UncheckedIOException(e));
                } catch (AssertionError e) {
                    failures.add(e);
                }
            }));
        }
        work.run();
        done.set(true);
        for (Thread asker : askers) asker.join();
        assertThat(failures).isEmpty();
        long[] sorted = answers.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /** The most that was in use. */
    private static final class Memory {
        final long directBefore = direct();
        long mostDirect = directBefore;
        long mostQueued;
        long mostHeap;
        long pushed;
        long nanos = 1;

        void look(WebSocketServer server) {
            mostDirect = Math.max(mostDirect, direct());
            mostQueued = Math.max(mostQueued, server.queuedBytes());
            mostHeap = Math.max(
                    mostHeap,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }

        /** Of the pool, which the server takes its buffers from, and outside of it. */
        private static long direct() {
            return Math.max(
                    PlatformDependent.usedDirectMemory(),
                    PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory());
        }

        void report(Way way, WebSocketServer server, long[] before, long[] during) {
            System.out.printf(
                    "%-11s clients=%d rate=%d MB/s seconds=%d budget=%d KiB queued<=%d KiB direct+=%d KiB heap<=%d MiB %s%n"
                            + "            answers: alone %s, beside them %s%n",
                    way,
                    CLIENTS,
                    pushed * 1000 / nanos,
                    nanos / 1_000_000_000,
                    BUDGET_BYTES / 1024,
                    mostQueued / 1024,
                    (mostDirect - directBefore) / 1024,
                    mostHeap >> 20,
                    server.counters(),
                    latencies(before),
                    latencies(during));
        }

        private static String latencies(long[] sorted) {
            return "%d, median %.2f ms, p99 %.2f ms, longest %.2f ms"
                    .formatted(
                            sorted.length,
                            sorted[sorted.length / 2] / 1e6,
                            sorted[sorted.length * 99 / 100] / 1e6,
                            sorted[sorted.length - 1] / 1e6);
        }
    }
}
