package dev.tidewire.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
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
                Visitor.visit(port);
            }
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
    private static final class Visitor {
        private static final int ROUNDS = 20;
        private static final int MESSAGES = 32;

        private static final byte[] REQUEST = ("GET / HTTP/1.1\r\nHost: " + HOST + "\r\nUser-Agent: rehearsal\r\n"
                        + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
                .getBytes(US_ASCII);
        private static final byte[] SHORT = frame(20, true);
        private static final int SHORT_REPLY_BYTES = frame(20, false).length;
        private static final byte[] LONG = frame(4096, true);
        private static final int LONG_REPLY_BYTES = frame(4096, false).length;
        private static final byte[] CLOSE = WebSocketServer.pack(new byte[0], Opcode.CLOSE, true, true);

        static void visit(int port) throws IOException {
            try (Socket socket = new Socket(InetAddress.ofLiteral(HOST), port);
                    var in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16))) {
                socket.setTcpNoDelay(true);
                var out = socket.getOutputStream();
                out.write(REQUEST);
                skipHead(in);
                for (int i = 0; i < ROUNDS; i++) {
                    out.write(SHORT);
                    in.skipNBytes(SHORT_REPLY_BYTES);
                    out.write(batch());
                    in.skipNBytes(MESSAGES * (long) SHORT_REPLY_BYTES + LONG_REPLY_BYTES);
                }
                out.write(CLOSE);
                in.skipNBytes(2);
                in.read();
            }
        }

        private static byte[] batch() {
            ByteArrayOutputStream frames = new ByteArrayOutputStream();
            for (int i = 0; i < MESSAGES; i++) {
                frames.writeBytes(SHORT);
            }
            frames.writeBytes(LONG);
            return frames.toByteArray();
        }

        private static byte[] frame(int payloadBytes, boolean mask) {
            return WebSocketServer.pack("x".repeat(payloadBytes), Opcode.TEXT, true, mask);
        }

        private static void skipHead(DataInputStream in) throws IOException {
            int lineBytes = -1;
            while (lineBytes != 0) {
                lineBytes = 0;
                for (int next = in.readUnsignedByte(); next != '\n'; next = in.readUnsignedByte()) {
                    if (next != '\r') lineBytes++;
                }
            }
        }
    }
}
