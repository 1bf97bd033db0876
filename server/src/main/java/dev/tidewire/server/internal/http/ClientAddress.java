package dev.tidewire.server.internal.http;

import dev.tidewire.server.options.ForwardedHeader;
import dev.tidewire.server.options.TrustedProxies;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whom a request comes from, where proxies pass it on that say so in a header.
 *
 * <p>Each proxy adds whom it heard the request from at the right. So from the right on, addresses are believed for as long as those who
 * added them are trusted; the first that is not trusted itself is the client. What stands further left anybody can have written.
 *
 * @param trusted who is believed
 * @param header where they say it
 */
record ClientAddress(TrustedProxies trusted, ForwardedHeader header) {
    /** An address, perhaps with a port: {@code 192.0.2.1}, {@code 192.0.2.1:80}, {@code 2001:db8::1}, {@code [2001:db8::1]:80}. */
    private static final Pattern NODE = Pattern.compile("(?<v4>\\d{1,3}(?:\\.\\d{1,3}){3})(?::(?<port4>\\d{1,5}))?"
            + "|\\[(?<v6>[0-9A-Fa-f:.]+)](?::(?<port6>\\d{1,5}))?|(?<bare>[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)");

    /** Longer ones are none, and would take the pattern long. */
    private static final int LONGEST_NODE = 64;

    /** True when what {@code peer} says of its client is believed. */
    boolean believes(SocketAddress peer) {
        return header != ForwardedHeader.NONE && !trusted.isEmpty() && trusted.trusts(peer);
    }

    /**
     * Whom the request comes from that {@code peer}, who is believed, passed on with these header lines.
     *
     * @throws IllegalArgumentException for a quote that does not end: what a proxy added behind it would be inside
     */
    SocketAddress of(SocketAddress peer, List<String> lines) {
        List<String> nodes = header == ForwardedHeader.FORWARDED ? forwarded(lines) : listed(lines);
        SocketAddress client = peer;
        for (int i = nodes.size() - 1; i >= 0 && trusted.trusts(client); i--) {
            SocketAddress next = address(nodes.get(i));
            if (next == null) break; // not known, or hidden on purpose: the proxy that says so is the last we know
            client = next;
        }
        return client;
    }

    /** The name of the header. */
    String headerName() {
        return header == ForwardedHeader.FORWARDED ? "Forwarded" : "X-Forwarded-For";
    }

    private static List<String> listed(List<String> lines) {
        List<String> nodes = new ArrayList<>();
        for (String line : lines) {
            for (String node : line.split(",", -1)) {
                if (!node.isBlank()) nodes.add(node.strip());
            }
        }
        return nodes;
    }

    /** What stands behind {@code for=} in each element (RFC 7239 §4); an empty text where it is missing. */
    private static List<String> forwarded(List<String> lines) {
        List<String> nodes = new ArrayList<>();
        for (String line : lines) {
            for (String element : split(line, ',')) {
                if (element.isBlank()) continue;
                String node = "";
                for (String pair : split(element, ';')) {
                    if (pair.strip().toLowerCase(Locale.ROOT).startsWith("for=")) {
                        node = unquoted(pair.strip().substring("for=".length()));
                    }
                }
                nodes.add(node);
            }
        }
        return nodes;
    }

    /**
     * Splits outside of quotes.
     *
     * @throws IllegalArgumentException for a quote that does not end
     */
    private static List<String> split(String text, char separator) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            char next = text.charAt(at);
            if (quoted && next == '\\') {
                at++;
            } else if (next == '"') {
                quoted = !quoted;
            } else if (next == separator && !quoted) {
                parts.add(text.substring(from, at));
                from = at + 1;
            }
        }
        if (quoted) throw new IllegalArgumentException("a quote in the header Forwarded does not end");
        parts.add(text.substring(from));
        return parts;
    }

    /** Addresses have no backslash, and so need no more than this. */
    private static String unquoted(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    private static @Nullable SocketAddress address(String node) {
        if (node.length() > LONGEST_NODE) return null;
        Matcher match = NODE.matcher(node);
        if (!match.matches()) return null;
        String port = match.group("port4") == null ? match.group("port6") : match.group("port4");
        try {
            return new InetSocketAddress(InetAddress.ofLiteral(host(match)), port == null ? 0 : Integer.parseInt(port));
        } catch (IllegalArgumentException noAddressOrPort) {
            return null;
        }
    }

    private static String host(Matcher match) {
        if (match.group("v4") != null) return match.group("v4");
        return match.group("v6") == null ? match.group("bare") : match.group("v6");
    }
}
