package dev.tidewire.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The list of RFC 6455 §4.2.1, point by point. */
final class HandshakeCheck {
    private static final String DIGITS = "0123456789";
    /** What a host may be made of (RFC 3986 §3.2.2). */
    private static final String NAME_CHARS = HeaderTokens.LETTERS_AND_DIGITS + ".-_~%!$&'()*+,;=";
    /** What one in brackets may be made of. */
    private static final String ADDRESS_CHARS = HeaderTokens.LETTERS_AND_DIGITS + ".-_~%:";

    private static final String HTTP_1_1 = "HTTP/1.1";
    private static final Pattern LATER_HTTP = Pattern.compile("HTTP/(1\\.[1-9]|[2-9](\\.[0-9])?)");

    /** What every key is joined with before it is hashed (RFC 6455 §1.3). */
    private static final String ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    /** Cloned for each handshake: a look-up among the providers takes longer than the hashing. */
    private static final MessageDigest SHA_1 = sha1();

    private static final int KEY_BYTES = 16;
    private static final int KEY_CHARS = 24;

    private static final Map<String, String> VERSION_HEADERS = Map.of("Sec-WebSocket-Version", Handshake.VERSION);
    private static final Map<String, String> UPGRADE_REQUIRED_HEADERS =
            Map.of("Sec-WebSocket-Version", Handshake.VERSION, "Upgrade", "websocket", "Connection", "Upgrade");

    private HandshakeCheck() {}

    static Handshake check(HandshakeRequest request, List<String> supportedSubprotocols) {
        try {
            requireRequestLine(request);
            requireHost(request);
            requireOneOriginAtMost(request);
            requireUpgrade(request);
            requireVersion(request);
            String key = requireKey(request);
            List<String> offered = requireSubprotocols(request);
            List<ExtensionOffer> extensions = requireExtensions(request);
            return new Handshake.Accepted(acceptKey(key), choose(offered, supportedSubprotocols), extensions);
        } catch (Refusal refusal) {
            return refusal.answer;
        }
    }

    /** The proof that a server has read {@code key} and speaks WebSocket (RFC 6455 §4.2.2). */
    static String acceptKey(String key) {
        return Base64.getEncoder().encodeToString(hash((key + ACCEPT_GUID).getBytes(ISO_8859_1)));
    }

    /** True for a host and perhaps a port. */
    static boolean isHost(String text) {
        boolean inBrackets = text.startsWith("[");
        int start = inBrackets ? 1 : 0;
        int end = endOf(inBrackets ? ADDRESS_CHARS : NAME_CHARS, text, start);
        if (end == start || (inBrackets && !text.startsWith("]", end))) return false;
        if (inBrackets) end++;
        return end == text.length() || (text.charAt(end) == ':' && endOf(DIGITS, text, end + 1) == text.length());
    }

    private static int endOf(String chars, String text, int from) {
        int end = from;
        while (end < text.length() && chars.indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        return end;
    }

    private static byte[] hash(byte[] text) {
        try {
            return ((MessageDigest) SHA_1.clone()).digest(text);
        } catch (CloneNotSupportedException providerOfItsOwn) {
            return sha1().digest(text);
        }
    }

    private static void requireRequestLine(HandshakeRequest request) {
        require(request.method().equals("GET"), "The method must be GET (RFC 6455 §4.2.1).");
        require(
                request.version().equals(HTTP_1_1)
                        || LATER_HTTP.matcher(request.version()).matches(),
                "The version must be HTTP/1.1 or later (RFC 6455 §4.2.1).");
    }

    private static void requireHost(HandshakeRequest request) {
        List<String> hosts = request.headers("Host");
        require(
                hosts.size() == 1 && isHost(HeaderTokens.trim(hosts.getFirst())),
                "There must be exactly one Host header, with a host in it (RFC 6455 §4.2.1, RFC 9112 §3.2).");
    }

    /** Two would leave open which of them is looked at. */
    private static void requireOneOriginAtMost(HandshakeRequest request) {
        require(
                request.headers("Origin").size() <= 1,
                "There must be at most one Origin header (RFC 6455 §4.2.1, RFC 6454 §7.3).");
    }

    private static void requireUpgrade(HandshakeRequest request) {
        require(
                HeaderTokens.contains(request.headers("Upgrade"), "websocket"),
                "The Upgrade header must list websocket (RFC 6455 §4.2.1).");
        require(
                HeaderTokens.contains(request.headers("Connection"), "upgrade"),
                "The Connection header must list Upgrade (RFC 6455 §4.2.1).");
    }

    private static void requireVersion(HandshakeRequest request) {
        List<String> versions = request.headers("Sec-WebSocket-Version");
        if (versions.size() != 1) {
            throw new Refusal(
                    400, "There must be exactly one Sec-WebSocket-Version header (RFC 6455 §4.2.1).", VERSION_HEADERS);
        }
        if (!HeaderTokens.trim(versions.getFirst()).equals(Handshake.VERSION)) {
            throw new Refusal(
                    426, "The Sec-WebSocket-Version must be 13 (RFC 6455 §4.2.2, §4.4).", UPGRADE_REQUIRED_HEADERS);
        }
    }

    private static String requireKey(HandshakeRequest request) {
        List<String> keys = request.headers("Sec-WebSocket-Key");
        require(keys.size() == 1, "There must be exactly one Sec-WebSocket-Key header (RFC 6455 §4.2.1).");
        String key = HeaderTokens.trim(keys.getFirst());
        require(isBase64Of16Bytes(key), "The Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455 §4.2.1).");
        return key;
    }

    private static boolean isBase64Of16Bytes(String key) {
        if (key.length() != KEY_CHARS) {
            return false;
        }
        try {
            return Base64.getDecoder().decode(key).length == KEY_BYTES;
        } catch (IllegalArgumentException notBase64) {
            return false; // the decoder has no other way of saying so
        }
    }

    private static List<String> requireSubprotocols(HandshakeRequest request) {
        List<String> offered = Handshake.offeredSubprotocols(request);
        require(
                request.headers("Sec-WebSocket-Protocol").isEmpty() == offered.isEmpty()
                        && offered.stream().allMatch(HeaderTokens::isToken),
                "The Sec-WebSocket-Protocol header must be a list of tokens (RFC 6455 §4.2.1, §11.3.4).");
        return offered;
    }

    private static List<ExtensionOffer> requireExtensions(HandshakeRequest request) {
        Optional<List<ExtensionOffer>> offers = ExtensionHeader.parse(request.headers("Sec-WebSocket-Extensions"));
        require(
                offers.isPresent(),
                "The Sec-WebSocket-Extensions header must be a list of extensions (RFC 6455 §9.1, §11.3.2).");
        return offers.orElseThrow();
    }

    /** Compares with case: subprotocol names are what the client will compare the answer with (RFC 6455 §4.1). */
    private static Optional<String> choose(List<String> offered, List<String> supported) {
        return offered.isEmpty()
                ? Optional.empty()
                : supported.stream().filter(offered::contains).findFirst();
    }

    private static MessageDigest sha1() {
        try {
            return MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-1", impossible);
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new Refusal(400, otherwise, Map.of());
        }
    }

    /** A refusal on its way up; like {@link ProtocolViolation} it is an answer, so it has no stack trace. */
    private static final class Refusal extends RuntimeException {
        final transient Handshake.Refused answer;

        Refusal(int status, String reason, Map<String, String> headers) {
            super(reason, null, false, false);
            answer = new Handshake.Refused(status, reason, headers);
        }
    }
}
