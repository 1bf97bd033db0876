package dev.tidewire.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.SECONDS;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** What the tests of started servers share: options for a free port, clients, and waiting with a deadline. */
final class Fixture {
    /** Grants whatever clients ask for, contexts that are taken over too, and compresses nearly all. */
    static final DeflatePolicy TAKEOVER = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 64);

    private static final long PATIENCE_SECONDS = 30;
    private static final long SETTLED_NANOS = 250_000_000;

    private Fixture() {}

    /** Options for a free port of this machine. */
    static ServerOptions.Builder local() {
        return ServerOptions.builder("127.0.0.1", 0).threads(2).shutdownTimeout(Duration.ofSeconds(5));
    }

    static ServerOptions local(Dispatch dispatch) {
        return local().dispatch(dispatch).build();
    }

    static <S extends Server> S started(S server) {
        server.start();
        return server;
    }

    /** A WebSocket server that sends every message back, not yet started. */
    static WebSocketServer echo(ServerOptions options) {
        return new WebSocketServer(options)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.bytes(), frame.opcode(), true));
    }

    /** A WebSocket server for clients that only listen, not yet started; opened connections go to {@code fds}. */
    static WebSocketServer listening(ServerOptions options, BlockingQueue<Long> fds) {
        return new WebSocketServer(options)
                .on(WebSocketServer.OPEN, (ws, request) -> fds.add(request.fd()))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {});
    }

    static RawClient connect(Server server) {
        return RawClient.connect(server.localAddress());
    }

    /** A client whose handshake is done. */
    static RawClient open(Server server) {
        RawClient client = connect(server);
        client.upgrade();
        return client;
    }

    /** Reads the end of the server's half and ends ours; until then the server would wait for it. */
    static void seeOut(RawClient client) {
        client.expectEof();
        client.close();
    }

    /** What the queue gives next; fails when nothing comes. */
    static <T> T take(BlockingQueue<T> queue) {
        try {
            T next = queue.poll(PATIENCE_SECONDS, SECONDS);
            if (next == null) throw new AssertionError("nothing came within " + PATIENCE_SECONDS + " s");
            return next;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(PATIENCE_SECONDS, SECONDS)) {
                throw new AssertionError("did not happen within " + PATIENCE_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits for what no event tells of. */
    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("did not become true within " + PATIENCE_SECONDS + " s");
            }
            LockSupport.parkNanos(100_000);
        }
    }

    /** What a number has come to when it has not changed for a while. */
    static long settled(LongSupplier number) {
        long last = number.getAsLong();
        long since = System.nanoTime();
        while (System.nanoTime() - since < SETTLED_NANOS) {
            LockSupport.parkNanos(1_000_000);
            long now = number.getAsLong();
            if (now != last) since = System.nanoTime();
            last = now;
        }
        return last;
    }

    /** Arrays in one, to be sent in one go. */
    static byte[] together(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] ascii(String text) {
        return text.getBytes(US_ASCII);
    }

    /** How a connection ended in one line: {@code "1000 bye CLIENT clean"}. */
    static String summary(CloseEvent close) {
        return String.join(
                        " ",
                        String.valueOf(close.code()),
                        close.reason(),
                        close.initiator().name(),
                        close.clean() ? "clean" : "unclean")
                .replace("  ", " ");
    }
}
