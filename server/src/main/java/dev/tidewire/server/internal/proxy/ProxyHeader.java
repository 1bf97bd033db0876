package dev.tidewire.server.internal.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Reads the header of HAProxy's PROXY protocol, which a proxy sends before what its client says.
 *
 * <pre>
 * version 1:  PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 CR LF
 *
 * version 2:  0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A   signature
 *             21                                    version 2, command 1 (0: LOCAL)
 *             11                                    IPv4 (2: IPv6, 3: Unix), TCP (2: UDP)
 *             00 0C                                 length of what follows
 *             source, destination, source port, destination port, then TLVs, which are skipped
 * </pre>
 */
final class ProxyHeader {
    /** Ours to choose: addresses take 36 bytes, what proxies tell of a TLS client in TLVs some hundred. */
    static final int MAX_BYTES = 4096;

    /** With its line end; the protocol's own number. */
    private static final int MAX_V1_BYTES = 107;

    private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] V2 = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final int V2_FIXED_BYTES = 16;
    private static final int V2_LOCAL = 0x20;
    private static final int V2_PROXY = 0x21;

    private static final Pattern IPV4 = Pattern.compile("(0|[1-9]\\d{0,2})(\\.(0|[1-9]\\d{0,2})){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final Pattern PORT = Pattern.compile("0|[1-9]\\d{0,4}");

    private ProxyHeader() {}

    /** What the bytes so far come to. */
    sealed interface Result {}

    /** They may become a header. */
    record Incomplete() implements Result {}

    /**
     * They cannot.
     *
     * @param reason which rule is broken
     */
    record Malformed(String reason) implements Result {}

    /**
     * A header that names no client: the proxy speaks for itself, or does not know.
     *
     * @param bytes its length
     */
    record NoClient(int bytes) implements Result {}

    /**
     * A header that names the client.
     *
     * @param bytes its length
     * @param source the client's end
     */
    record Client(int bytes, InetSocketAddress source) implements Result {}

    /** Reads the header at the beginning of the first {@code length} bytes. */
    static Result read(byte[] bytes, int length) {
        if (length == 0) return new Incomplete();
        if (begins(bytes, length, V1)) return length < V1.length ? new Incomplete() : line(bytes, length);
        if (begins(bytes, length, V2)) return length < V2_FIXED_BYTES ? new Incomplete() : binary(bytes, length);
        return new Malformed("no signature");
    }

    /** True when the bytes agree as far as there are any. */
    private static boolean begins(byte[] bytes, int length, byte[] signature) {
        int shared = Math.min(length, signature.length);
        return Arrays.equals(bytes, 0, shared, signature, 0, shared);
    }

    private static Result line(byte[] bytes, int length) {
        int searched = Math.min(length, MAX_V1_BYTES);
        for (int at = V1.length; at + 1 < searched; at++) {
            if (bytes[at] == '\r' && bytes[at + 1] == '\n') {
                return line(new String(bytes, 0, at, StandardCharsets.US_ASCII), at + 2);
            }
        }
        return length < MAX_V1_BYTES ? new Incomplete() : new Malformed("line too long");
    }

    private static Result line(String line, int bytes) {
        String[] words = line.split(" ", -1);
        return switch (words[1]) {
            case "UNKNOWN" -> new NoClient(bytes); // whatever follows, it is to be ignored
            case "TCP4" -> client(words, IPV4, bytes);
            case "TCP6" -> client(words, IPV6, bytes);
            default -> new Malformed("unknown family");
        };
    }

    private static Result client(String[] words, Pattern address, int bytes) {
        if (words.length != 6) return new Malformed("six words expected");
        if (!address.matcher(words[2]).matches() || !address.matcher(words[3]).matches())
            return new Malformed("address");
        if (!isPort(words[4]) || !isPort(words[5])) return new Malformed("port");
        try {
            InetAddress source = InetAddress.ofLiteral(words[2]);
            InetAddress.ofLiteral(words[3]);
            return new Client(bytes, new InetSocketAddress(source, Integer.parseInt(words[4])));
        } catch (IllegalArgumentException e) {
            return new Malformed("address");
        }
    }

    private static boolean isPort(String word) {
        return PORT.matcher(word).matches() && Integer.parseInt(word) <= 65_535;
    }

    private static Result binary(byte[] bytes, int length) {
        ByteBuffer header = ByteBuffer.wrap(bytes, V2.length, length - V2.length);
        int command = header.get();
        int family = header.get();
        int rest = Short.toUnsignedInt(header.getShort());
        int whole = V2_FIXED_BYTES + rest;
        if (command != V2_LOCAL && command != V2_PROXY) return new Malformed("version or command");
        if (whole > MAX_BYTES) return new Malformed("over " + MAX_BYTES + " bytes");
        if (length < whole) return new Incomplete();
        if (command == V2_LOCAL) return new NoClient(whole);
        return switch (family) {
            case 0x11 -> client(header, 4, rest, whole);
            case 0x21 -> client(header, 16, rest, whole);
            case 0x00, 0x31 -> new NoClient(whole);
            default -> new Malformed("address family or transport");
        };
    }

    private static Result client(ByteBuffer header, int addressBytes, int rest, int whole) {
        if (rest < 2 * addressBytes + 4) return new Malformed("too short for its addresses");
        byte[] source = new byte[addressBytes];
        header.get(source);
        header.position(header.position() + addressBytes);
        int port = Short.toUnsignedInt(header.getShort());
        try {
            return new Client(whole, new InetSocketAddress(InetAddress.getByAddress(source), port));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
