package dev.tidewire.benchmarks.million;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;

import dev.tidewire.benchmarks.report.Tables;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.channels.SelectionKey;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Opens many connections to one server, pings each, publishes to all, and closes all; prints what each step took. Everything of
 * the server is as ever: its event loop, tables, timers and topics.
 */
final class ManyConnections {
    private static final String TOPIC = "everyone";
    private static final int FIN = 0x80;
    private static final int MASKED = 0x80;
    private static final int MASK_KEY_BYTES = 4;
    private static final byte[] CLOSE_PAYLOAD = {(byte) (1000 >> 8), (byte) (1000 & 0xFF)};
    private static final byte[] PING_PAYLOAD = "are you there?".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NEWS = "to whom it may concern".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HANDSHAKE = """
            GET / HTTP/1.1\r
            Host: localhost\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Sec-WebSocket-Version: 13\r
            \r
            """.getBytes(StandardCharsets.US_ASCII);
    /** Held, or its level would be forgotten. */
    private static final Logger SERVER_LOG = Logger.getLogger("dev.tidewire.server");

    /** For what a simulated socket takes. */
    private static final int SAMPLE = 10_000;

    private final MemoryNetwork network = MemoryNetwork.installed();
    private final Pauses pauses;
    private final int count;
    private final Crowd crowd = new Crowd();
    private final List<List<String>> rows = new ArrayList<>();
    private MemorySocket[] sockets = {};

    private ManyConnections(Pauses pauses, int count) {
        this.pauses = pauses;
        this.count = count;
    }

    private interface Step {
        void take() throws InterruptedException;
    }

    /** Argument: the number of connections. */
    static void main(String[] arguments) throws Exception {
        int count = Integer.parseInt(arguments[0]);
        SERVER_LOG.setLevel(Level.WARNING); // standard output is for the figures
        Pauses pauses = Pauses.observed();
        // A tenth first: what comes then shows whether anything grows faster than the number, and its code is compiled.
        new ManyConnections(pauses, Math.ceilDiv(count, 10)).run();
        new ManyConnections(pauses, count).run();
    }

    private void run() throws InterruptedException {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .transport(Transport.NIO)
                .threads(1)
                .dispatch(Dispatch.EVENT_LOOP)
                .maxConnections(0)
                .pingInterval(Duration.ZERO) // nobody waits for what he did not ask for
                .build();
        rows.add(List.of("step", "seconds", "µs each", "pauses"));
        try (WebSocketServer server = new WebSocketServer(options)
                .on(OPEN, (ws, request) -> ws.subscribe(request.fd(), TOPIC))
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame))) {
            server.start();
            byte[] welcome = welcome();
            long simulated = simulatedBytes();
            long before = liveBytes();
            sockets = new MemorySocket[count];
            step(
                    "open",
                    () -> crowd.each(count, welcome, i -> {
                        sockets[i] = network.connect(crowd);
                        sockets[i].say(HANDSHAKE);
                    }));
            long each = (liveBytes() - before) / count;
            pauses.take();
            byte[] ping = fromClient(Opcode.PING, PING_PAYLOAD);
            step(
                    "ping, pong",
                    () -> crowd.each(count, fromServer(Opcode.PONG, PING_PAYLOAD), i -> sockets[i].say(ping)));
            step("publish to all", () -> {
                crowd.expect(fromServer(Opcode.BINARY, NEWS));
                server.publish(TOPIC, NEWS);
                crowd.awaitAnswers(count);
            });
            byte[] close = fromClient(Opcode.CLOSE, CLOSE_PAYLOAD);
            step("close", () -> {
                crowd.each(count, fromServer(Opcode.CLOSE, CLOSE_PAYLOAD), i -> sockets[i].say(close));
                crowd.awaitClosed(count);
            });
            sockets = new MemorySocket[0];
            print(each, simulated, liveBytes() - before);
        }
    }

    /** What the server answers to our handshake. */
    private byte[] welcome() {
        FirstAnswer first = new FirstAnswer();
        MemorySocket socket = network.connect(first);
        socket.say(HANDSHAKE);
        byte[] answer = first.await();
        socket.end();
        first.awaitClosed();
        return answer;
    }

    private void step(String name, Step step) throws InterruptedException {
        long started = System.nanoTime();
        step.take();
        long nanos = System.nanoTime() - started;
        rows.add(List.of(name, written(nanos / 1e9), written(nanos / 1e3 / count), pauses.take()));
    }

    private void print(long each, long simulated, long left) {
        IO.println("#### %,d connections\n".formatted(count));
        IO.println(Tables.markdown(rows));
        IO.println(String.format(
                Locale.ROOT,
                "Heap: %,d bytes for each connection while open, of which the simulated socket takes %,d. After all were"
                        + " closed %,d bytes were left of all.%n",
                each,
                simulated,
                left));
    }

    /** Of each connection's heap, what stands in place of the system. */
    private long simulatedBytes() {
        MemorySocket[] sample = new MemorySocket[SAMPLE];
        MemorySelector selector = (MemorySelector) network.openSelector();
        long before = liveBytes();
        try {
            Arrays.setAll(sample, _ -> registered(new MemorySocket(network, crowd), selector));
            return (liveBytes() - before) / SAMPLE;
        } finally {
            Reference.reachabilityFence(sample);
        }
    }

    private static MemorySocket registered(MemorySocket socket, MemorySelector selector) {
        try {
            socket.configureBlocking(false);
            socket.register(selector, SelectionKey.OP_READ);
            socket.socket();
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long liveBytes() {
        for (int i = 0; i < 2; i++) {
            System.gc(); // more than once, for references are cleared and cleaners run between
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static String written(double number) {
        return String.format(Locale.ROOT, "%,.2f", number);
    }

    private static byte[] fromClient(Opcode opcode, byte[] payload) {
        return frame(opcode, MASKED, new byte[MASK_KEY_BYTES], payload);
    }

    private static byte[] fromServer(Opcode opcode, byte[] payload) {
        return frame(opcode, 0, new byte[0], payload);
    }

    /** A short one. */
    private static byte[] frame(Opcode opcode, int mask, byte[] key, byte[] payload) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(FIN | opcode.code());
        frame.write(mask | payload.length);
        frame.writeBytes(key);
        frame.writeBytes(payload);
        return frame.toByteArray();
    }
}
