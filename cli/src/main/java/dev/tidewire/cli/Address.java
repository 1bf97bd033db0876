package dev.tidewire.cli;

import dev.tidewire.server.Server;

/** Where a server that was started can be reached, as people write it. */
record Address(String host, int port) {
    static Address of(Server server) {
        return new Address(server.host(), server.port());
    }

    /** A URL of its root. */
    String url(String scheme) {
        return scheme + "://" + new Address(reachable(), port) + "/";
    }

    /** Wildcards are for listening, not for connecting. */
    private String reachable() {
        return switch (host) {
            case "0.0.0.0", "::", "[::]" -> "localhost";
            default -> host;
        };
    }

    /** {@code host:port}, an IPv6 address in brackets (RFC 3986 §3.2.2). */
    @Override
    public String toString() {
        boolean bare = host.contains(":") && !host.startsWith("[");
        return (bare ? "[" + host + "]" : host) + ":" + port;
    }
}
