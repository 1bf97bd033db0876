package dev.tidewire.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A TCP client that sends exactly the bytes it is told to and shows exactly those that come back, legal or not.
 *
 * <p>It can take the client's part in a WebSocket handshake and in WebSocket frames, with wire code of its own: it is a second
 * opinion on the server under test. Everything blocks; whatever a server owes must come within the {@link #timeout}, or an
 * {@link AssertionError} says what was missing. Sending has no deadline: to a peer that does not read, send no more than
 * sockets hold.
 *
 * <p>Threads: one at a time, but one may send while another reads.
 */
public final class RawClient implements AutoCloseable {
    /** The key that RFC 6455 §1.3 uses as its example, and which every handshake here sends. */
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    /** What §1.3 says a server must answer to it. */
    private static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int MAX_HEAD_BYTES = 1 << 16;

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private Duration timeout = Duration.ofSeconds(5);
    private int chunkBytes = Integer.MAX_VALUE;
    private byte @Nullable [] maskKey;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /**
     * Connects.
     *
     * @throws UncheckedIOException when nobody listens there
     */
    public static RawClient connect(InetSocketAddress server) {
        try {
            Socket socket = new Socket();
            try {
                socket.connect(server, 5_000);
                return new RawClient(socket);
            } catch (IOException e) {
                socket.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + server, e);
        }
    }

    /**
     * Connects to a Unix domain socket.
     *
     * @throws UncheckedIOException when nobody listens there
     */
    public static RawClient connect(UnixDomainSocketAddress server) {
        try {
            return new RawClient(new UnixSocket(server));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + server, e);
        }
    }

    /** A client that speaks over a socket which is connected already, such as one that does TLS; it closes it. */
    public static RawClient over(Socket connected) {
        try {
            return new RawClient(connected);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use " + connected, e);
        }
    }

    /** A whole handshake request for {@code path} as {@link #upgrade(String, String...)} sends it. */
    public static String upgradeRequest(String path, String... headers) {
        StringBuilder request = new StringBuilder("GET ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
        request.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
        request.append("Sec-WebSocket-Key: ").append(KEY).append("\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    /** Sets how long each read waits for all that it is to give; 5 s when never called. */
    public RawClient timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    /** Cuts what is sent from now on into pieces of this many bytes, each its own write. */
    public RawClient inChunksOf(int bytes) {
        if (bytes < 1) throw new IllegalArgumentException("a chunk holds at least 1 byte, was " + bytes);
        chunkBytes = bytes;
        return this;
    }

    /** Masks the frames sent from now on with this key; with a random key each when never called. */
    public RawClient maskKey(int key) {
        maskKey = ByteBuffer.allocate(4).putInt(key).array();
        return this;
    }

    /** This end of the connection. */
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) socket.getLocalSocketAddress();
    }

    /** Sends these bytes. */
    public RawClient send(byte... bytes) {
        try {
            for (int sent = 0; sent < bytes.length; ) {
                int length = Math.min(chunkBytes, bytes.length - sent);
                out.write(bytes, sent, length);
                out.flush();
                sent += length;
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot send " + bytes.length + " bytes", e);
        }
    }

    /** Sends bytes given in hex, with blanks wherever they help the reader: {@code "81 85 37fa213d 7f9f4d5158"}. */
    public RawClient sendHex(String hex) {
        return send(HexFormat.of().parseHex(hex.replaceAll("\\s", "")));
    }

    /** Sends the characters as they are, such as an HTTP request; not as a frame, see {@link #sendMessage(String)}. */
    public RawClient sendText(String ascii) {
        return send(ascii.getBytes(US_ASCII));
    }

    /** Sends a masked frame; nothing is checked. */
    public RawClient sendFrame(int opcode, boolean fin, byte[] payload) {
        return send(frame(opcode, fin, payload));
    }

    /** Sends a whole text message. */
    public RawClient sendMessage(String text) {
        return sendFrame(TEXT, true, text.getBytes(UTF_8));
    }

    /** Sends a whole binary message. */
    public RawClient sendMessage(byte[] bytes) {
        return sendFrame(BINARY, true, bytes);
    }

    /** Sends a close frame with this code and no reason; without a payload for 1005 (RFC 6455 §7.1.5). */
    public RawClient sendClose(int code) {
        return sendFrame(CLOSE, true, code == 1005 ? new byte[0] : new byte[] {(byte) (code >> 8), (byte) code});
    }

    /** As {@link #frame}, with the bit that says that a compressed message begins (RFC 7692 §7.2.1). */
    public byte[] compressedFrame(int opcode, boolean fin, byte[] payload) {
        byte[] frame = frame(opcode, fin, payload);
        frame[0] |= 0x40;
        return frame;
    }

    /** The bytes of a masked frame as {@link #sendFrame} sends them, for those who send several at once. */
    public byte[] frame(int opcode, boolean fin, byte[] payload) {
        byte[] key = maskKey != null ? maskKey : randomKey();
        ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
        frame.put((byte) (opcode | (fin ? 0x80 : 0)));
        if (payload.length < 126) {
            frame.put((byte) (0x80 | payload.length));
        } else if (payload.length < 65_536) {
            frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
        } else {
            frame.put((byte) (0x80 | 127)).putLong(payload.length);
        }
        frame.put(key);
        for (int i = 0; i < payload.length; i++) {
            frame.put((byte) (payload[i] ^ key[i % 4]));
        }
        return Arrays.copyOf(frame.array(), frame.position());
    }

    /** {@link #upgrade(String, String...)} on {@code /}. */
    public RawResponse upgrade() {
        return upgrade("/");
    }

    /**
     * Performs the opening handshake; bytes behind the server's answer stay to be read.
     *
     * @param headers further header lines, such as {@code "Origin: http://localhost"}
     * @throws AssertionError when the answer does not accept the handshake as RFC 6455 §4.1 asks
     */
    public RawResponse upgrade(String path, String... headers) {
        sendText(upgradeRequest(path, headers));
        return expectUpgrade();
    }

    /**
     * Reads the answer to a handshake that was sent by other means.
     *
     * @throws AssertionError when it does not accept the handshake as RFC 6455 §4.1 asks
     */
    public RawResponse expectUpgrade() {
        RawResponse response = readHttpResponse();
        check(response.status() == 101, "the handshake was not accepted: " + response + " " + response.text());
        check(ACCEPT.equals(response.header("Sec-WebSocket-Accept").orElse("")), "wrong accept key: " + response);
        check("websocket".equalsIgnoreCase(response.header("Upgrade").orElse("")), "wrong upgrade: " + response);
        check("upgrade".equalsIgnoreCase(response.header("Connection").orElse("")), "wrong connection: " + response);
        return response;
    }

    /** Reads one frame; a masked one is an error, for servers do not mask (RFC 6455 §5.1). */
    public RawFrame readFrame() {
        Deadline deadline = new Deadline("a frame");
        int first = deadline.read();
        int second = deadline.read();
        check((second & 0x80) == 0, "the server masked a frame");
        long length = switch (second & 0x7F) {
            case 126 -> ByteBuffer.wrap(deadline.read(2)).getShort() & 0xFFFF;
            case 127 -> ByteBuffer.wrap(deadline.read(8)).getLong();
            default -> second & 0x7F;
        };
        check(length >= 0 && length <= Integer.MAX_VALUE - 16, "a frame of " + length + " bytes is too long to read");
        return new RawFrame((first & 0x80) != 0, (first >> 4) & 7, first & 0x0F, deadline.read((int) length));
    }

    /** Reads a whole message, joining its fragments; the reserved bits are those of the first. Control frames in between are an error. */
    public RawFrame readMessage() {
        RawFrame frame = readFrame();
        int opcode = frame.opcode();
        int rsv = frame.rsv();
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.writeBytes(frame.payload());
        check(opcode == TEXT || opcode == BINARY, "not the beginning of a message: " + frame);
        while (!frame.fin()) {
            frame = readFrame();
            check(frame.opcode() == CONTINUATION, "not the continuation of a message: " + frame);
            payload.writeBytes(frame.payload());
        }
        return new RawFrame(true, rsv, opcode, payload.toByteArray());
    }

    /** Reads an HTTP response with its body: as long as {@code Content-Length} says, else up to the end of the stream. */
    public RawResponse readHttpResponse() {
        RawResponse head = readHttpHead();
        check(head.header("Transfer-Encoding").isEmpty(), "transfer encodings are not understood: " + head);
        if (head.status() < 200 || head.status() == 204 || head.status() == 304) return head;
        byte[] body = head.header("Content-Length").isPresent()
                ? read(Integer.parseInt(head.header("Content-Length").get()))
                : readToEnd();
        return new RawResponse(head.status(), head.headers(), body);
    }

    /** Reads the head of an HTTP response and no more: all there is in the answer to {@code HEAD}. */
    public RawResponse readHttpHead() {
        Deadline deadline = new Deadline("the head of an HTTP response");
        StringBuilder head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            check(head.length() < MAX_HEAD_BYTES, "the head of the response does not end");
            head.append((char) deadline.read());
        }
        List<String> lines = head.toString().lines().toList();
        check(lines.getFirst().matches("HTTP/1\\.1 \\d{3}.*"), "not an HTTP response: " + lines.getFirst());
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size() - 1)) {
            int colon = line.indexOf(':');
            check(colon > 0, "not a header: " + line);
            headers.computeIfAbsent(line.substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        return new RawResponse(Integer.parseInt(lines.getFirst().substring(9, 12)), headers, new byte[0]);
    }

    /** Reads exactly this many bytes. */
    public byte[] read(int bytes) {
        return new Deadline(bytes + " bytes").read(bytes);
    }

    /** Reads what is there in one go, and waits for the first byte of it; at most this many bytes. */
    public byte[] readSome(int atMostBytes) {
        byte[] bytes = new byte[atMostBytes];
        int length = new Deadline("any byte").read(bytes, 0);
        check(length >= 0, "the stream ended");
        return Arrays.copyOf(bytes, length);
    }

    /** Reads up to the end of the stream. */
    public byte[] readToEnd() {
        Deadline deadline = new Deadline("the end of the stream");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        byte[] chunk = new byte[64 * 1024];
        for (int length = deadline.read(chunk, 0); length >= 0; length = deadline.read(chunk, 0)) {
            all.write(chunk, 0, length);
        }
        return all.toByteArray();
    }

    /** Reads a frame, which must be a whole text message of this content. */
    public void expectText(String text) {
        RawFrame frame = readFrame();
        check(frame.fin() && frame.opcode() == TEXT && frame.rsv() == 0, "not a text message: " + frame);
        check(frame.text().equals(text), "expected \"" + text + "\", was \"" + frame.text() + '"');
    }

    /** Reads a frame, which must be a close frame with this code; 1005: with no payload. Gives it for its reason. */
    public RawFrame expectClose(int code) {
        RawFrame frame = readFrame();
        check(frame.fin() && frame.opcode() == CLOSE && frame.rsv() == 0, "not a close frame: " + frame);
        check(frame.closeCode() == code, "expected close code " + code + ", was " + frame + " " + frame.closeReason());
        check(code != 1005 || frame.payload().length == 0, "half a close code: " + frame);
        return frame;
    }

    /** Reads the end of the stream; more bytes and a reset are errors. */
    public void expectEof() {
        int next = new Deadline("the end of the stream").read(new byte[1], 0);
        check(next < 0, "expected the end of the stream, but more bytes came");
    }

    /** Reads the end of the connection, in order or by reset; more bytes are an error. */
    public void expectEnd() {
        try {
            expectEof();
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof SocketException)) throw e;
        }
    }

    /** Ends this half of the stream: nothing more will be sent, and the peer may still send. */
    public RawClient halfClose() {
        try {
            socket.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot end this half of the stream", e);
        }
    }

    /** Vanishes: the peer gets a reset in place of an end. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reset the connection", e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the connection", e);
        }
    }

    private static byte[] randomKey() {
        byte[] key = new byte[4];
        ThreadLocalRandom.current().nextBytes(key);
        return key;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) throw new AssertionError(otherwise);
    }

    /** Reads for one purpose, all of which must be there when the time is up. */
    private final class Deadline {
        private final String purpose;
        private final long nanos = System.nanoTime() + timeout.toNanos();

        Deadline(String purpose) {
            this.purpose = purpose;
        }

        int read() {
            return read(1)[0] & 0xFF;
        }

        byte[] read(int length) {
            byte[] bytes = new byte[length];
            for (int got = 0; got < length; ) {
                int more = read(bytes, got);
                if (more < 0) throw ended(got, length);
                got += more;
            }
            return bytes;
        }

        /** Reads once, into the rest of {@code bytes}; negative at the end of the stream. */
        int read(byte[] bytes, int offset) {
            long millis = (nanos - System.nanoTime()) / 1_000_000;
            try {
                socket.setSoTimeout(Math.clamp(millis, 1, Integer.MAX_VALUE));
                return in.read(bytes, offset, bytes.length - offset);
            } catch (SocketTimeoutException e) {
                throw new AssertionError(purpose + " did not come within " + timeout.toMillis() + " ms", e);
            } catch (IOException e) {
                throw new UncheckedIOException("the connection failed before " + purpose + " came", e);
            }
        }

        private UncheckedIOException ended(int got, int length) {
            return new UncheckedIOException(new EOFException(
                    "the stream ended before " + purpose + " came: " + got + " of " + length + " bytes"));
        }
    }
}
