package dev.tidewire.server.options;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * From which web pages a browser may open a WebSocket here (RFC 6455 §10.2).
 *
 * <p>A browser sends the user's cookies along with a WebSocket handshake from any page and names the page's origin; a server that
 * does not look at it lets every page act as its users. Clients that are not browsers send no {@code Origin}, and are not
 * stopped by this.
 */
public final class OriginPolicy {
    private static final OriginPolicy ANY = new OriginPolicy(Kind.ANY, List.of());
    private static final OriginPolicy SAME_HOST = new OriginPolicy(Kind.SAME_HOST, List.of());

    /** What browsers send; of a host only that it is one, for names with underscores are used, too. */
    private static final Pattern PAGE = Pattern.compile("(?<scheme>[a-z][a-z0-9+.-]*)://[^/?#@]+");

    private static final Pattern DEFAULT_PORT = Pattern.compile("^(https://.+(?=:443$)|http://.+(?=:80$)):[0-9]+$");

    private final Kind kind;
    private final List<Pattern> allowed;

    private enum Kind {
        ANY,
        SAME_HOST,
        LISTED
    }

    private OriginPolicy(Kind kind, List<Pattern> allowed) {
        this.kind = kind;
        this.allowed = allowed;
    }

    /**
     * Pages of the host and port that the handshake itself is sent to; the default. Within TLS they must be {@code https}: anybody on the
     * way to a page without it may have changed it. Behind a proxy that ended the TLS both schemes pass, for what the browser spoke is not
     * known here; {@link #allow} with {@code https://} keeps the other one out there, too.
     */
    public static OriginPolicy sameHost() {
        return SAME_HOST;
    }

    /** Every page. Right only when no handshake carries authority by itself, such as a cookie. */
    public static OriginPolicy any() {
        return ANY;
    }

    /**
     * Pages of these origins, and no others.
     *
     * @param origins such as {@code https://example.org}, {@code https://*.example.org} for every host below it, {@code
     *     http://localhost:*} for every port, or {@code null} for pages without an origin
     * @throws IllegalArgumentException for one that is not scheme, host and perhaps a port
     */
    public static OriginPolicy allow(String... origins) {
        if (origins.length == 0) throw new IllegalArgumentException("allow needs at least one origin");
        return new OriginPolicy(
                Kind.LISTED, Stream.of(origins).map(OriginPolicy::compile).toList());
    }

    /**
     * Whether a handshake with these headers may go on.
     *
     * @param origin the header {@code Origin}, empty when it is absent
     * @param host where the handshake is sent to: the header {@code Host}, or the authority of a target that is a URI
     * @param secure true for a handshake within TLS
     */
    public boolean allows(Optional<String> origin, String host, boolean secure) {
        if (origin.isEmpty()) return true;
        String named = withoutDefaultPort(origin.get().toLowerCase(Locale.ROOT));
        return switch (kind) {
            case ANY -> true;
            case SAME_HOST -> isSameHost(named, host.toLowerCase(Locale.ROOT), secure);
            case LISTED ->
                allowed.stream().anyMatch(pattern -> pattern.matcher(named).matches());
        };
    }

    /** A port that {@code Host} leaves out is taken for the default of the page's scheme: a proxy may have ended the TLS. */
    private static boolean isSameHost(String origin, String host, boolean secure) {
        Matcher page = PAGE.matcher(origin);
        return page.matches()
                && (!secure || page.group("scheme").equals("https"))
                && withoutDefaultPort(origin).equals(withoutDefaultPort(page.group("scheme") + "://" + host));
    }

    /** Browsers leave it out. */
    private static String withoutDefaultPort(String origin) {
        return DEFAULT_PORT.matcher(origin).replaceFirst("$1");
    }

    private static Pattern compile(String origin) {
        if (origin.equals("null")) return Pattern.compile("null");
        if (!origin.matches("[A-Za-z][A-Za-z0-9+.-]*://(\\*\\.)?[^*/?#@]+?(:(\\d+|\\*))?")) {
            throw new IllegalArgumentException(
                    "an origin is scheme://host or scheme://host:port, perhaps with *. before the host, was " + origin);
        }
        String regex = Pattern.quote(withoutDefaultPort(origin.toLowerCase(Locale.ROOT)))
                .replace("://*.", "://\\E[a-z0-9._-]+\\Q.")
                .replaceFirst(":\\*\\\\E$", "\\\\E(:\\\\d+)?");
        return Pattern.compile(regex);
    }
}
