package dev.tidewire.verification.load;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.Patience;
import io.netty.util.ResourceLeakDetector;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Fills a server to what one process may hold: both ends of a connection are descriptors of this one. */
@ExtendWith(NoLeaks.class)
class ManyConnectionsTest {
    private static final int AT_ONCE = 8_000;
    /** Handshakes under way at the same time, so that none waits in vain for a place in the listener's backlog. */
    private static final int ARRIVING_AT_ONCE = 500;
    /** Each address has its own 28,000 client ports; those of closed connections stay taken for a minute. */
    private static final int ADDRESSES = 8;

    private static final ResourceLeakDetector.Level USUAL = ResourceLeakDetector.getLevel();

    @BeforeAll
    static void followEveryBufferByEveryStep() {
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    }

    @AfterAll
    static void followAsUsual() {
        ResourceLeakDetector.setLevel(USUAL);
    }

    static Stream<Arguments> crowds() {
        return Stream.of(
                Arguments.of(Dispatch.VIRTUAL, 50_000),
                Arguments.of(Dispatch.EVENT_LOOP, 2_000),
                Arguments.of(Dispatch.workers(4), 2_000));
    }

    @ParameterizedTest
    @MethodSource("crowds")
    void everyConnectionGetsItsOwnReplyAndOneClose(Dispatch dispatch, int inAll) throws Exception {
        ConcurrentMap<Long, Integer> opens = new ConcurrentHashMap<>();
        ConcurrentMap<Long, Integer> closes = new ConcurrentHashMap<>();
        ServerOptions options =
                ServerOptions.builder("0.0.0.0", 0).dispatch(dispatch).build();
        try (var server = new WebSocketServer(options)) {
            server.on(OPEN, (ws, request) -> opens.merge(request.fd(), 1, Integer::sum));
            server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "hello, " + frame.text()));
            server.on(
                    CLOSE,
                    (ws, close) ->
                            closes.merge(close.fd(), close.clean() && close.code() == 1000 ? 1 : 1_000, Integer::sum));
            server.start();

            for (int visited = 0; visited < inAll; visited += AT_ONCE) {
                visit(server, visited, Math.min(AT_ONCE, inAll - visited));
            }
        }
        assertThat(opens)
                .hasSize(inAll)
                .allSatisfy((fd, times) -> assertThat(times).isOne());
        assertThat(closes).isEqualTo(opens);
    }

    /** One wave: all come, all are there, all talk, all go. */
    private static void visit(WebSocketServer server, int first, int visitors) throws Exception {
        Semaphore arriving = new Semaphore(ARRIVING_AT_ONCE);
        CyclicBarrier allAreThere = new CyclicBarrier(
                visitors, () -> assertThat(server.connections().count()).isEqualTo(visitors));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> visits = new ArrayList<>();
            for (int i = 0; i < visitors; i++) {
                String name = "visitor " + (first + i);
                var address = new InetSocketAddress("127.0.0." + (1 + i % ADDRESSES), server.port());
                visits.add(threads.submit(() -> {
                    visit(address, name, arriving, allAreThere);
                    return name;
                }));
            }
            for (Future<?> visit : visits) {
                visit.get(60, TimeUnit.SECONDS);
            }
        }
        Patience.until("all connections are gone", () -> server.connections().count() == 0);
    }

    private static void visit(InetSocketAddress address, String name, Semaphore arriving, CyclicBarrier allAreThere)
            throws Exception {
        arriving.acquire();
        try (Visitor visitor = Visitor.connect(address)) {
            visitor.upgrade();
            arriving.release();
            allAreThere.await(60, TimeUnit.SECONDS);
            visitor.say(name);
            assertThat(visitor.hear()).isEqualTo("hello, " + name);
            visitor.leave();
        }
    }
}
