package dev.tidewire.server.internal.limits;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Peers' addresses as what they are counted by: IPv4 addresses one by one, IPv6 by their first 64 bits, for that is the least one
 * customer has. An IPv4 address inside an IPv6 one ({@code ::ffff:192.0.2.1}) is an IPv4 address.
 */
public final class AddressKey {
    /** What has no address of the Internet, such as the peer of a Unix socket, and is not counted by it. */
    public static final long NONE = 0;

    /** Set above the bits of an IPv4 address; as IPv6, {@code 0:1::/32} belongs to nobody. */
    private static final long IPV4 = 1L << 32;
    /** For {@code ::/64}, where the loopback address is. */
    private static final long ZERO_PREFIX = 1;

    private AddressKey() {}

    /** The key of a socket's peer; {@link #NONE} when it is not known. */
    public static long of(@Nullable SocketAddress peer) {
        return peer instanceof InetSocketAddress socket && socket.getAddress() != null ? of(socket.getAddress()) : NONE;
    }

    /** The key of an address. */
    public static long of(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (address instanceof Inet4Address) return IPV4 | ipv4(bytes, 0);
        if (isMapped(bytes)) return IPV4 | ipv4(bytes, 12);
        long prefix = (ipv4(bytes, 0) << 32) | ipv4(bytes, 4);
        return prefix == 0 ? ZERO_PREFIX : prefix;
    }

    /** Ten bytes 0, two bytes 255 (RFC 4291 §2.5.5.2); Java maps these back itself, but not on every way an address takes. */
    private static boolean isMapped(byte[] ipv6) {
        for (int i = 0; i < 10; i++) {
            if (ipv6[i] != 0) return false;
        }
        return ipv6[10] == -1 && ipv6[11] == -1;
    }

    /** Four bytes as an unsigned number. */
    private static long ipv4(byte[] bytes, int at) {
        return ((bytes[at] & 0xFFL) << 24)
                | ((bytes[at + 1] & 0xFF) << 16)
                | ((bytes[at + 2] & 0xFF) << 8)
                | (bytes[at + 3] & 0xFF);
    }
}
