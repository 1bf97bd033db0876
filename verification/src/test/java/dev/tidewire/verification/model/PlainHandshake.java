package dev.tidewire.verification.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What answers the opening handshake, by regular expressions made of the grammars of RFC 6455 §4.2.1 and §9.1 and RFC 7692 §7.1. */
public final class PlainHandshake {
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";
    private static final String SPACE = "[ \\t]*+";
    private static final String QUOTED = "\"(?:\\\\?[!#$%&'*+.^_`|~0-9A-Za-z-])++\"";
    private static final String PARAMETER =
            SPACE + "(" + TOKEN + ")" + SPACE + "(?:=" + SPACE + "(" + TOKEN + "|" + QUOTED + ")" + SPACE + ")?+";
    private static final String EXTENSION = "(" + TOKEN + ")" + SPACE + "((?:;" + PARAMETER + ")*+)";

    private static final Pattern A_TOKEN = Pattern.compile(TOKEN);
    private static final Pattern A_PARAMETER = Pattern.compile(";" + PARAMETER);
    private static final Pattern AN_EXTENSION = Pattern.compile(EXTENSION);
    private static final Pattern EXTENSIONS =
            Pattern.compile("[ \\t,]*+(?:" + EXTENSION + "(?:,[ \\t,]*+|$))*+", Pattern.DOTALL);
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9+/]{21}[AQgw]==");
    private static final Pattern ANY_LAST_BITS = Pattern.compile("[A-Za-z0-9+/]{22}==");

    private static final String LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private PlainHandshake() {}

    /**
     * What a server says.
     *
     * @param status 101, 400 or 426
     * @param acceptKey empty unless it is 101
     * @param extensions as the client offers them, written in one way
     */
    public record Answer(int status, String acceptKey, Optional<String> subprotocol, List<Extension> extensions) {}

    /** An offer: its name and its parameters, whose values are empty when they have none. */
    public record Extension(String name, List<Map.Entry<String, Optional<String>>> parameters) {}

    /** The answer to a request, whose headers are asked for by their names. */
    public static Answer answer(
            String method, String version, Function<String, List<String>> headers, List<String> supported) {
        List<String> protocols = elements(headers.apply("Sec-WebSocket-Protocol"));
        Optional<List<Extension>> extensions = extensions(headers.apply("Sec-WebSocket-Extensions"));
        List<String> keys = trimmed(headers.apply("Sec-WebSocket-Key"));
        List<String> versions = trimmed(headers.apply("Sec-WebSocket-Version"));
        boolean sound = method.equals("GET")
                && version.matches("HTTP/(1\\.[1-9]|[2-9](\\.[0-9])?)")
                && headers.apply("Host").size() == 1
                && isHost(trimmed(headers.apply("Host")).getFirst())
                && headers.apply("Origin").size() <= 1
                && lists(headers.apply("Upgrade"), "websocket")
                && lists(headers.apply("Connection"), "upgrade")
                && versions.size() == 1;
        if (sound && !versions.getFirst().equals("13")) return refusal(426);
        sound &= keys.size() == 1 && isKey(keys.getFirst());
        sound &= headers.apply("Sec-WebSocket-Protocol").isEmpty() == protocols.isEmpty();
        sound &= protocols.stream()
                .allMatch(protocol -> A_TOKEN.matcher(protocol).matches());
        if (!sound || extensions.isEmpty()) return refusal(400);
        Optional<String> chosen = supported.stream().filter(protocols::contains).findFirst();
        return new Answer(101, acceptKey(keys.getFirst()), chosen, extensions.get());
    }

    /**
     * The parameters that a server agrees to, as it writes them; empty when it goes on without compression.
     *
     * @param smallestWindow that the server can compress for
     * @param most what the server wants for its own window and the client's
     */
    public static Optional<String> agreement(
            List<Extension> offers, boolean serverAlone, boolean clientAlone, int smallestWindow, int... most) {
        for (Extension offer : offers) {
            Map<String, String> wants = new HashMap<>();
            boolean sound = offer.name.equals("permessage-deflate");
            for (Map.Entry<String, Optional<String>> parameter : offer.parameters) {
                String said = parameter.getKey()
                        + parameter.getValue().map(v -> "=" + v).orElse("");
                sound &= said.matches("(server|client)_no_context_takeover|client_max_window_bits"
                        + "|(server|client)_max_window_bits=([89]|1[0-5])");
                sound &= wants.put(parameter.getKey(), parameter.getValue().orElse("15")) == null;
            }
            int serverBits = Math.max(most[0], smallestWindow);
            if (wants.containsKey("server_max_window_bits") && sound) {
                int bound = Integer.parseInt(wants.get("server_max_window_bits"));
                sound = bound >= smallestWindow;
                serverBits = Math.min(bound, serverBits);
            }
            if (sound) return Optional.of(written(wants, serverAlone, clientAlone, serverBits, most[1]));
        }
        return Optional.empty();
    }

    /** RFC 3986 §3.2.2 and §3.2.3, but for what is inside brackets and behind percent signs. */
    private static boolean isHost(String hostAndPort) {
        String host = hostAndPort;
        int colon = host.lastIndexOf(':');
        if (colon > host.lastIndexOf(']')) {
            if (!consistsOf(host.substring(colon + 1), "0123456789")) return false;
            host = host.substring(0, colon);
        }
        if (host.isEmpty()) return false;
        if (!host.startsWith("[")) return consistsOf(host, LETTERS_AND_DIGITS + "-._~!$&'()*+,;=%");
        return host.length() > 2
                && host.endsWith("]")
                && consistsOf(host.substring(1, host.length() - 1), LETTERS_AND_DIGITS + "-._~:%");
    }

    private static boolean consistsOf(String text, String characters) {
        return text.chars().allMatch(c -> characters.indexOf(c) >= 0);
    }

    private static String written(
            Map<String, String> wants, boolean serverAlone, boolean clientAlone, int serverBits, int clientMost) {
        List<String> words = new ArrayList<>(List.of("permessage-deflate"));
        if (serverAlone || wants.containsKey("server_no_context_takeover")) words.add("server_no_context_takeover");
        if (clientAlone || wants.containsKey("client_no_context_takeover")) words.add("client_no_context_takeover");
        if (serverBits < 15 || wants.containsKey("server_max_window_bits")) {
            words.add("server_max_window_bits=" + serverBits);
        }
        int clientBits = Math.min(clientMost, Integer.parseInt(wants.getOrDefault("client_max_window_bits", "15")));
        if (wants.containsKey("client_max_window_bits") && clientBits < 15) {
            words.add("client_max_window_bits=" + clientBits);
        }
        return String.join("; ", words);
    }

    private static Answer refusal(int status) {
        return new Answer(status, "", Optional.empty(), List.of());
    }

    private static Optional<List<Extension>> extensions(List<String> lines) {
        List<Extension> extensions = new ArrayList<>();
        for (String line : lines) {
            if (!EXTENSIONS.matcher(line).matches()) return Optional.empty();
            Matcher extension = AN_EXTENSION.matcher(line);
            while (extension.find()) {
                extensions.add(new Extension(extension.group(1), parameters(extension.group(2))));
            }
        }
        return lines.isEmpty() == extensions.isEmpty() ? Optional.of(extensions) : Optional.empty();
    }

    private static List<Map.Entry<String, Optional<String>>> parameters(String text) {
        List<Map.Entry<String, Optional<String>>> parameters = new ArrayList<>();
        Matcher parameter = A_PARAMETER.matcher(text);
        while (parameter.find()) {
            Optional<String> value = Optional.ofNullable(parameter.group(2)).map(v -> v.replaceAll("[\"\\\\]", ""));
            parameters.add(Map.entry(parameter.group(1), value));
        }
        return parameters;
    }

    private static List<String> elements(List<String> lines) {
        return lines.stream()
                .flatMap(line -> Arrays.stream(line.split(",")))
                .map(PlainHandshake::trim)
                .filter(element -> !element.isEmpty())
                .toList();
    }

    private static boolean lists(List<String> lines, String word) {
        return elements(lines).stream().anyMatch(word::equalsIgnoreCase);
    }

    private static List<String> trimmed(List<String> lines) {
        return lines.stream().map(PlainHandshake::trim).toList();
    }

    private static String trim(String text) {
        return text.replaceAll("^[ \\t]++", "").replaceAll("[ \\t]++$", "");
    }

    /** 16 bytes in base64 (RFC 4648 §4); the bits that the last character has too many are taken as they come (§3.5). */
    private static boolean isKey(String key) {
        return KEY.matcher(key).matches() || ANY_LAST_BITS.matcher(key).matches();
    }

    private static String acceptKey(String key) {
        try {
            byte[] joined = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(StandardCharsets.ISO_8859_1);
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-1").digest(joined));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
