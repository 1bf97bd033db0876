package dev.tidewire.verification.endurance;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.ERROR;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import dev.tidewire.verification.NoLeaks;
import dev.tidewire.verification.Patience;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Hours of the open Internet in a minute: clients that come and go, that do not read, that reset, that fall silent, that send
 * garbage, and that never finish a request. In between all leave, and then the server must hold what it held the first time.
 *
 * <p>{@code -Dsoak.seconds=600} makes it ten minutes.
 */
@ExtendWith(NoLeaks.class)
class SoakTest {
    private static final int SECONDS = Integer.getInteger("soak.seconds", 60);
    private static final int CALMS = 5;
    private static final Duration SHORT = Duration.ofSeconds(1);
    /** Between two visits; so long that one of two processors is left to the tests beside this one. */
    private static final int MOST_REST_MILLIS = 60;

    private static final byte[] NEWS =
            "the same news for everyone who listens; ".repeat(400).getBytes(UTF_8);

    /** What a collection may leave behind that is nobody's leak: caches that fill, classes, profiles. */
    private static final long HEAP_SLACK_BYTES = 12 << 20;
    /** Netty's arenas of buffers are as large as their busiest moment so far. */
    private static final long DIRECT_SLACK_BYTES = 32 << 20;
    /** Selectors, pipes and sockets of the test's own clients that are still on their way out. */
    private static final long DESCRIPTOR_SLACK = 16;

    private final ConcurrentMap<Long, AtomicInteger> opens = new ConcurrentHashMap<>();
    private final ConcurrentMap<Long, AtomicInteger> closes = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Throwable> errors = new ConcurrentLinkedQueue<>();
    private final LongAdder visits = new LongAdder();

    /** What a crowd of one kind does, again and again. */
    private interface Visit {
        void to(WebSocketServer server, Random random);
    }

    /** Memory and descriptors when nobody is there. */
    private record Calm(long heapBytes, long directBytes, long descriptors) {
        static Calm now() {
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            Runtime runtime = Runtime.getRuntime();
            var system = ManagementFactory.getOperatingSystemMXBean();
            return new Calm(
                    runtime.totalMemory() - runtime.freeMemory(),
                    PlatformDependent.usedDirectMemory(),
                    system instanceof UnixOperatingSystemMXBean unix ? unix.getOpenFileDescriptorCount() : 0);
        }
    }

    @Test
    void nothingIsLeftBehindByClientsOfEveryKind() throws Exception {
        List<Calm> calms = new ArrayList<>();
        try (WebSocketServer server = started()) {
            for (int i = 0; i < CALMS; i++) {
                storm(server, Duration.ofMillis(SECONDS * 1000L / CALMS));
                Patience.until("all have left", () -> server.connections().count() == 0);
                Patience.until("all were told to have left", () -> closes.size() == opens.size());
                calms.add(Calm.now());
                System.out.printf("soak: %s, %d visits, %d opened%n", calms.getLast(), visits.sum(), opens.size());
            }
        }
        assertThat(errors).isEmpty();
        assertThat(opens)
                .isNotEmpty()
                .allSatisfy((fd, times) -> assertThat(times).hasValue(1));
        assertThat(closes)
                .hasSameSizeAs(opens)
                .allSatisfy((fd, times) -> assertThat(times).hasValue(1));
        // The first storm fills what is filled once.
        Calm before = calms.get(1);
        Calm after = calms.getLast();
        long books = bookBytes();
        assertThat(after.heapBytes - books).isLessThan(before.heapBytes + HEAP_SLACK_BYTES);
        assertThat(after.directBytes).isLessThanOrEqualTo(before.directBytes + DIRECT_SLACK_BYTES);
        assertThat(after.descriptors).isLessThanOrEqualTo(before.descriptors + DESCRIPTOR_SLACK);
    }

    /** About what the test's own books about each fd take. */
    private long bookBytes() {
        return 2L * opens.size() * 96;
    }

    private WebSocketServer started() {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .handshakeTimeout(SHORT)
                .closeTimeout(SHORT)
                .pingInterval(SHORT)
                .pongTimeout(SHORT)
                .maxQueuedBytes(256 * 1024)
                .maxMessageBytes(64 * 1024)
                .compression(DeflatePolicy.SHARED)
                .build();
        var server = new WebSocketServer(options);
        server.on(ERROR, (on, fd, thrown) -> errors.add(thrown));
        server.on(OPEN, (ws, request) -> {
            opens.computeIfAbsent(request.fd(), fd -> new AtomicInteger()).incrementAndGet();
            if (request.path().equals("/news")) ws.subscribe(request.fd(), "news");
        });
        server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.bytes(), frame.opcode(), true));
        server.on(
                CLOSE,
                (ws, close) -> closes.computeIfAbsent(close.fd(), fd -> new AtomicInteger())
                        .incrementAndGet());
        server.start();
        return server;
    }

    private void storm(WebSocketServer server, Duration time) throws Exception {
        long end = System.nanoTime() + time.toNanos();
        try (ExecutorService crowd = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            all.addAll(come(crowd, 16, SoakTest::talk, server, end));
            all.addAll(come(crowd, 8, SoakTest::reset, server, end));
            all.addAll(come(crowd, 8, SoakTest::sendGarbage, server, end));
            all.addAll(come(crowd, 8, SoakTest::readSlowly, server, end));
            all.addAll(come(crowd, 16, SoakTest::fallSilent, server, end));
            all.addAll(come(crowd, 16, SoakTest::neverFinish, server, end));
            all.add(crowd.submit(() -> tellNews(server, end)));
            for (Future<?> each : all) {
                each.get(time.toSeconds() + 60, TimeUnit.SECONDS);
            }
        }
    }

    private List<Future<?>> come(ExecutorService crowd, int many, Visit visit, WebSocketServer server, long end) {
        List<Future<?>> coming = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            Random random = new Random(i);
            coming.add(crowd.submit(() -> {
                while (System.nanoTime() < end) {
                    visit.to(server, random);
                    visits.increment();
                    rest(Duration.ofMillis(random.nextInt(MOST_REST_MILLIS)));
                }
            }));
        }
        return coming;
    }

    private static void tellNews(WebSocketServer server, long end) {
        while (System.nanoTime() < end) {
            server.publish("news", NEWS);
            rest(Duration.ofMillis(20));
        }
    }

    private static void talk(WebSocketServer server, Random random) {
        try (RawClient client = RawClient.connect(server.localAddress())) {
            client.upgrade("/", random.nextBoolean() ? "X-Plain: yes" : "Sec-WebSocket-Extensions: permessage-deflate");
            for (int i = random.nextInt(20); i >= 0; i--) {
                byte[] said = new byte[random.nextInt(900)];
                client.sendMessage(said);
                assertThat(client.readFrame().payload()).isEqualTo(said);
            }
            client.sendClose(1000);
            client.expectClose(1000);
        }
    }

    private static void reset(WebSocketServer server, Random random) {
        RawClient client = RawClient.connect(server.localAddress());
        if (random.nextInt(4) > 0) client.upgrade(random.nextBoolean() ? "/" : "/news");
        byte[] frame = client.frame(2, true, new byte[random.nextInt(60_000)]);
        client.send(Arrays.copyOf(frame, random.nextInt(frame.length)));
        client.reset();
    }

    private static void sendGarbage(WebSocketServer server, Random random) {
        try (RawClient client = RawClient.connect(server.localAddress())) {
            if (random.nextInt(4) > 0) client.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            byte[] garbage = new byte[random.nextInt(4000)];
            random.nextBytes(garbage);
            client.send(garbage).halfClose();
            client.readToEnd();
        } catch (UncheckedIOException resetByServer) {
            // its right, to somebody who sends garbage
        }
    }

    /** Takes a little of the news, much less than there are, until it has enough or the server has. */
    private static void readSlowly(WebSocketServer server, Random random) {
        try (Socket socket = new Socket(server.localAddress().getAddress(), server.port());
                RawClient client = RawClient.over(socket)) {
            client.upgrade("/news");
            InputStream in = socket.getInputStream();
            for (int i = 0; i < 20 && in.readNBytes(1 + random.nextInt(2000)).length > 0; i++) {
                rest(Duration.ofMillis(50));
            }
            client.reset();
        } catch (IOException | UncheckedIOException cutOff) {
            // as a peer is that does not keep up
        }
    }

    /** Its host has lost its power: it neither answers a ping nor closes. The server finds out. */
    private static void fallSilent(WebSocketServer server, Random random) {
        try (RawClient client = RawClient.connect(server.localAddress())) {
            client.upgrade();
            RawFrame ping = client.readFrame();
            assertThat(ping.opcode()).isEqualTo(9);
            client.readToEnd();
        } catch (UncheckedIOException cutOff) {
            // as a peer is that is taken for dead
        }
    }

    private static void neverFinish(WebSocketServer server, Random random) {
        String request = RawClient.upgradeRequest("/");
        try (RawClient client = RawClient.connect(server.localAddress())) {
            client.sendText(request.substring(0, random.nextInt(request.length() - 4)));
            client.readToEnd();
        }
    }

    private static void rest(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }
}
