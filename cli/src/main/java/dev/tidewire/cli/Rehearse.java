package dev.tidewire.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * {@code tidewire rehearse}: for a few seconds the echo server and clients of its own, and then the end.
 *
 * <p>The launcher runs it once behind the build, for the JVM to write down which classes a server needs and which of its code
 * runs often; every later start begins with that (JEP 514 and 515).
 */
@Command(name = "rehearse", hidden = true, description = "Plays for a few seconds what a server does.")
final class Rehearse implements Callable<Integer> {
    private static final String HOST = "127.0.0.1";
    private static final int VISITORS = 500;
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

    @Override
    public Integer call() throws IOException {
        misspell();
        for (Dispatch dispatch : List.of(Dispatch.EVENT_LOOP, Dispatch.VIRTUAL)) {
            ServerOptions options =
                    ServerOptions.builder(HOST, 0).threads(1).dispatch(dispatch).build();
            try (WebSocketServer server = EchoServer.of(options)) {
                server.start();
                for (int i = 0; i < VISITORS; i++) {
                    visit(server.port());
                }
            }
        }
        return Tidewire.DONE;
    }

    /** Or the classes of the command line, which want to know their own exceptions, would be left out. */
    private static void misspell() {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        Tidewire.run(nowhere, nowhere, "echo", "--port", "none");
    }

    private static void visit(int port) throws IOException {
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
