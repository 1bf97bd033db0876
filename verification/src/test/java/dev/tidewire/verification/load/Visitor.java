package dev.tidewire.verification.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.assertj.core.api.Assertions;

/** A WebSocket client of a few hundred bytes, to be had by the thousand; each call blocks its (virtual) thread. */
final class Visitor implements AutoCloseable {
    private static final String HANDSHAKE = """
            GET / HTTP/1.1\r
            Host: tidewire\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            \r
            """;
    private static final int FIN_TEXT = 0x81;
    private static final int FIN_CLOSE = 0x88;
    private static final int MASKED = 0x80;

    private final SocketChannel socket;
    private final ByteBuffer received = ByteBuffer.allocate(256).flip();

    private Visitor(SocketChannel socket) {
        this.socket = socket;
    }

    static Visitor connect(InetSocketAddress server) throws IOException {
        return new Visitor(SocketChannel.open(server));
    }

    /** Opens the WebSocket. */
    void upgrade() throws IOException {
        send(ByteBuffer.wrap(HANDSHAKE.getBytes(US_ASCII)));
        Assertions.assertThat(line()).isEqualTo("HTTP/1.1 101 Switching Protocols");
        String header = line();
        while (!header.isEmpty()) {
            header = line();
        }
    }

    void say(String text) throws IOException {
        sendFrame(FIN_TEXT, text.getBytes(US_ASCII));
    }

    String hear() throws IOException {
        return new String(payload(FIN_TEXT), US_ASCII);
    }

    /** The whole closing handshake: our frame, the server's, and the end of its stream. */
    void leave() throws IOException {
        byte[] normal = {0x03, (byte) 0xE8};
        sendFrame(FIN_CLOSE, normal);
        Assertions.assertThat(payload(FIN_CLOSE)).isEqualTo(normal);
        Assertions.assertThat(received.remaining()).isZero();
        Assertions.assertThat(socket.read(received.clear())).isEqualTo(-1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** With the mask key 0, which leaves the payload as it is. */
    private void sendFrame(int firstByte, byte[] payload) throws IOException {
        ByteBuffer frame = ByteBuffer.allocate(6 + payload.length);
        frame.put((byte) firstByte)
                .put((byte) (MASKED | payload.length))
                .putInt(0)
                .put(payload);
        send(frame.flip());
    }

    private byte[] payload(int expectedFirstByte) throws IOException {
        Assertions.assertThat(next()).isEqualTo(expectedFirstByte);
        byte[] payload = new byte[next()];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) next();
        }
        return payload;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = next(); c != '\n'; c = next()) {
            if (c != '\r') line.append((char) c);
        }
        return line.toString();
    }

    private int next() throws IOException {
        while (!received.hasRemaining()) {
            if (socket.read(received.clear()) < 0) throw new EOFException("the server ended the connection");
            received.flip();
        }
        return received.get() & 0xFF;
    }

    private void send(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }
}
