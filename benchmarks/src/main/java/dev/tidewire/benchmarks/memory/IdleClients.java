package dev.tidewire.benchmarks.memory;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;

/** Connections that have each sent a message, received it back and fallen silent. */
final class IdleClients implements AutoCloseable {
    private static final int TEXT = 0x81;
    private static final int RSV1 = 0x40;
    private static final int MASKED = 0x80;
    private static final int LENGTH_OF_16_BITS = 126;
    private static final int TIMEOUT_MILLIS = 20_000;

    private final List<Socket> sockets = new ArrayList<>();
    private final int port;
    private final byte[] handshake;
    private final byte[] frame;

    IdleClients(int port, Variant variant) throws IOException {
        this.port = port;
        this.handshake = handshake(variant.offer());
        this.frame = frame(variant);
    }

    void open(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            sockets.add(open());
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private Socket open() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        socket.getOutputStream().write(handshake);
        readHead(in);
        socket.getOutputStream().write(frame);
        readFrame(in);
        return socket;
    }

    private static void readHead(DataInputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.readUnsignedByte());
        }
        if (head.indexOf(" 101 ") < 0) throw new IOException("refused: " + head);
    }

    private static void readFrame(DataInputStream in) throws IOException {
        in.readUnsignedByte();
        int length = in.readUnsignedByte();
        in.skipNBytes(length == LENGTH_OF_16_BITS ? in.readUnsignedShort() : length);
    }

    private static byte[] handshake(String offer) {
        String extensions = offer.isEmpty() ? "" : "Sec-WebSocket-Extensions: " + offer + "\r\n";
        String head = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + extensions + "\r\n";
        return head.getBytes(StandardCharsets.US_ASCII);
    }

    /** A frame masked with zeros. */
    private static byte[] frame(Variant variant) {
        boolean compressed = !variant.offer().isEmpty();
        byte[] payload = compressed ? deflated(message()) : message();
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(compressed ? TEXT | RSV1 : TEXT);
        if (payload.length < LENGTH_OF_16_BITS) {
            frame.write(MASKED | payload.length);
        } else {
            frame.write(MASKED | LENGTH_OF_16_BITS);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        }
        frame.writeBytes(new byte[4]);
        frame.writeBytes(payload);
        return frame.toByteArray();
    }

    /** Shorter than the smallest window of the variants, so that a compressor with a larger one may be used. */
    private static byte[] message() {
        StringBuilder json = new StringBuilder("[");
        for (int i = 0; i < 10; i++) {
            json.append("{\"id\":").append(i).append(",\"name\":\"somebody\",\"online\":true},");
        }
        return json.append("{}]").toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** With an empty block at the end, whose last four bytes are left out (RFC 7692 §7.2.1). */
    private static byte[] deflated(byte[] message) {
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(message);
        byte[] buffer = new byte[message.length + 64];
        int length = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
        deflater.end();
        return Arrays.copyOf(buffer, length - 4);
    }
}
