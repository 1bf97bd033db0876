package dev.tidewire.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code tidewire rehearse}: for a few seconds the echo server and clients of its own, and then the end.
 *
 * <p>The launcher runs it once behind the build, for the JVM to write down which classes a server needs and which of its code
 * runs often; every later start begins with that (JEP 514 and 515).
 */
final class Rehearse implements Command {
    private static final String HOST = "127.0.0.1";
    private static final int VISITORS = 500;

    private static final Pattern PORT = Pattern.compile(":(\\d+):");

    @Override
    public String name() {
        return "rehearse";
    }

    @Override
    public List<String> description() {
        return List.of("Plays for a few seconds what a server does.");
    }

    @Override
    public boolean isListed() {
        return false;
    }

    @Override
    public int run(Arguments arguments, Console console) throws IOException {
        for (String dispatch : List.of("event-loop", "virtual")) {
            int port = start(dispatch);
            for (int i = 0; i < VISITORS; i++) {
                Visitor.chat(port);
            }
            Visitor.sendLong(port);
        }
        return Tidewire.DONE;
    }

    /** Runs the command as a user does, whose server ends with the process; returns where it listens. */
    private static int start(String dispatch) throws IOException {
        PipedReader said = new PipedReader();
        PrintWriter out = new PrintWriter(new PipedWriter(said), true);
        Thread.ofPlatform().daemon().start(() -> {
            try (out) {
                Tidewire.run(out, out, "echo", "--port", "0", "--threads", "1", "--dispatch", dispatch);
            }
        });
        String line = new BufferedReader(said).readLine();
        Matcher port = PORT.matcher(String.valueOf(line));
        if (!port.find()) throw new CommandFailure("echo did not start: " + line);
        return Integer.parseInt(port.group(1));
    }

    /** A client that does what clients do. Every start loads {@link Rehearse} for the list of commands; this only when it plays. */
    private static final class Visitor implements AutoCloseable {
        private static final int ROUNDS = 20;
        /** Of each length; so many that the JVM compiles what is run for them. */
        private static final int LONG_MESSAGES = 1500;

        private static final byte[] REQUEST = ("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nUser-Agent: rehearsal\r\n"
                        + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                .getBytes(US_ASCII);
        private static final Messages ONE = new Messages(20, 1);
        private static final Messages MANY = new Messages(20, 32);
        private static final Messages LONGER = new Messages(4096, 1);
        private static final byte[] CLOSE = WebSocketServer.pack(new byte[0], Opcode.CLOSE, true, true);

        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;

        private Visitor(int port) throws IOException {
            socket = new Socket(InetAddress.ofLiteral(HOST), port);
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
            out = socket.getOutputStream();
            out.write(REQUEST);
            skipHead();
        }

        static void chat(int port) throws IOException {
            try (Visitor visitor = new Visitor(port)) {
                for (int i = 0; i < ROUNDS; i++) {
                    visitor.exchange(ONE);
                    visitor.exchange(MANY);
                    visitor.exchange(LONGER);
                }
            }
        }

        static void sendLong(int port) throws IOException {
            try (Visitor visitor = new Visitor(port)) {
                for (int kibibytes : List.of(16, 256)) {
                    Messages message = new Messages(kibibytes << 10, 1);
                    for (int i = 0; i < LONG_MESSAGES; i++) {
                        visitor.exchange(message);
                    }
                }
            }
        }

        /** Sends them at once, and waits for their echoes. */
        private void exchange(Messages messages) throws IOException {
            out.write(messages.frames);
            in.skipNBytes(messages.replyBytes);
        }

        private void skipHead() throws IOException {
            int lineBytes = -1;
            while (lineBytes != 0) {
                lineBytes = 0;
                for (int next = in.readUnsignedByte(); next != '\n'; next = in.readUnsignedByte()) {
                    if (next != '\r') lineBytes++;
                }
            }
        }

        @Override
        public void close() throws IOException {
            try (socket) {
                out.write(CLOSE);
                in.skipNBytes(2);
                in.read();
            }
        }
    }

    /** The same message a number of times, as it goes and as its echoes come. */
    private static final class Messages {
        final byte[] frames;
        final int replyBytes;

        private Messages(int payloadBytes, int number) {
            var all = new ByteArrayOutputStream();
            for (int i = 0; i < number; i++) {
                all.writeBytes(frame(payloadBytes, true));
            }
            frames = all.toByteArray();
            replyBytes = number * frame(payloadBytes, false).length;
        }

        private static byte[] frame(int payloadBytes, boolean mask) {
            return WebSocketServer.pack("x".repeat(payloadBytes), Opcode.TEXT, true, mask);
        }
    }
}
