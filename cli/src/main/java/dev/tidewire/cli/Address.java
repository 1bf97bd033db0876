package dev.tidewire.cli;

import dev.tidewire.server.Server;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/**
 * Where a server that was started can be reached, as people write it.
 *
 * @param host the host, or a Unix domain socket with {@code unix:} in front
 * @param port 0 for a Unix domain socket
 */
record Address(String host, int port) {
    private static final String UNIX = "unix:";
    private static final String SYSTEMD = "systemd:";

    static Address of(Server server) {
        SocketAddress address = server.listeners().getFirst().address();
        if (address instanceof UnixDomainSocketAddress file) return new Address(UNIX + file.getPath(), 0);
        // Passed by systemd: the host names the socket, not where it listens.
        if (server.host().startsWith(SYSTEMD) && address instanceof InetSocketAddress bound) {
            return new Address(bound.getAddress().getHostAddress(), bound.getPort());
        }
        return new Address(server.host(), server.port());
    }

    /** True when a server's host is no network address but names a socket, and its port means nothing. */
    static boolean namesSocket(String host) {
        return host.startsWith(UNIX) || host.startsWith(SYSTEMD);
    }

    /** A URL of its root; for a Unix domain socket, for which there are none, the scheme and the file. */
    String url(String scheme) {
        return host.startsWith(UNIX) ? scheme + "+" + host : scheme + "://" + new Address(reachable(), port) + "/";
    }

    /** Wildcards are for listening, not for connecting. */
    private String reachable() {
        return switch (host) {
            case "0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0" -> "localhost";
            default -> host;
        };
    }

    /** {@code host:port}, an IPv6 address in brackets (RFC 3986 §3.2.2). */
    @Override
    public String toString() {
        if (host.startsWith(UNIX)) return host;
        boolean bare = host.contains(":") && !host.startsWith("[");
        return (bare ? "[" + host + "]" : host) + ":" + port;
    }
}
