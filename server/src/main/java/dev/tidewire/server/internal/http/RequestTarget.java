package dev.tidewire.server.internal.http;

import dev.tidewire.protocol.Handshake;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request is about (RFC 9112 §3.2).
 *
 * @param authority host and perhaps port of a target in absolute form, as sent; else empty
 * @param resource path and perhaps query, as sent; or an asterisk
 */
record RequestTarget(String authority, String resource) {
    private static final Pattern BEFORE_PATH = Pattern.compile("(?i:https?)://(?<authority>[^/?#]+)");

    /**
     * Takes a target apart: a path, an absolute URI, or for OPTIONS an asterisk, of visible ASCII. A fragment is never sent (RFC 6455 §3), nor a user
     * before the host (RFC 9110 §4.2.4).
     *
     * @throws IllegalArgumentException for anything else
     */
    static RequestTarget of(String method, String target) {
        RequestTarget parts = split(target);
        boolean asterisk = target.equals("*") && method.equals("OPTIONS");
        boolean path = parts.resource.startsWith("/") && parts.resource.indexOf('#') < 0;
        boolean host = parts.authority.isEmpty() || Handshake.isHost(parts.authority);
        if (!(asterisk || path) || !host || !isVisible(target)) {
            throw new IllegalArgumentException("the request target is neither a path nor a URI");
        }
        return parts;
    }

    /** Also what RFC 3986 §2 leaves out, such as a bar, for browsers send it. */
    private static boolean isVisible(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c >= 0x7F) return false;
        }
        return true;
    }

    private static RequestTarget split(String target) {
        Matcher absolute = BEFORE_PATH.matcher(target);
        if (!absolute.lookingAt()) return new RequestTarget("", target);
        String rest = target.substring(absolute.end());
        return new RequestTarget(absolute.group("authority"), rest.startsWith("/") ? rest : "/" + rest);
    }
}
