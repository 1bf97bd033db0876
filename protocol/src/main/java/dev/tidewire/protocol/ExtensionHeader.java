package dev.tidewire.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One line of {@code Sec-WebSocket-Extensions} while it is read, by the grammar of RFC 6455 §9.1.
 *
 * <pre>
 *   extension-list  = 1#extension                               empty elements are allowed, but do not count
 *   extension       = token *( ";" extension-param )            white space is allowed between any two words
 *   extension-param = token [ "=" ( token | quoted-string ) ]   what the quotes hold must be a token
 * </pre>
 *
 * <p>A token is never empty, so an empty one stands for what is not a token.
 */
final class ExtensionHeader {
    private final String line;
    private int at;

    private ExtensionHeader(String line) {
        this.line = line;
    }

    /** All offers of all {@code lines} in order, or empty when they are not as the grammar wants them. */
    static Optional<List<ExtensionOffer>> parse(List<String> lines) {
        List<ExtensionOffer> offers = new ArrayList<>();
        for (String line : lines) {
            if (!new ExtensionHeader(line).readList(offers)) {
                return Optional.empty();
            }
        }
        return lines.isEmpty() == offers.isEmpty() ? Optional.of(offers) : Optional.empty();
    }

    private boolean readList(List<ExtensionOffer> offers) {
        while (true) {
            while (take(',')) {} // an empty element
            if (at == line.length()) {
                return true;
            }
            if (!readOffer(offers) || !atElementEnd()) {
                return false;
            }
        }
    }

    private boolean readOffer(List<ExtensionOffer> offers) {
        String name = readToken();
        List<ExtensionOffer.Parameter> parameters = new ArrayList<>();
        while (take(';')) {
            if (!readParameter(parameters)) {
                return false;
            }
        }
        offers.add(new ExtensionOffer(name, parameters));
        return !name.isEmpty();
    }

    private boolean readParameter(List<ExtensionOffer.Parameter> parameters) {
        String name = readToken();
        boolean named = !name.isEmpty();
        if (!take('=')) {
            parameters.add(new ExtensionOffer.Parameter(name, Optional.empty()));
            return named;
        }
        String value = take('"') ? readQuoted() : readToken();
        parameters.add(new ExtensionOffer.Parameter(name, Optional.of(value)));
        return named && !value.isEmpty();
    }

    private String readToken() {
        skipWhiteSpace();
        int from = at;
        while (at < line.length() && HeaderTokens.isTokenChar(line.charAt(at))) {
            at++;
        }
        return line.substring(from, at);
    }

    /** What is in quotes, of which the first is already taken; a backslash stands before a character that is to be taken as it is. */
    private String readQuoted() {
        StringBuilder content = new StringBuilder();
        while (at < line.length()) {
            char c = line.charAt(at++);
            if (c == '"') {
                return HeaderTokens.isToken(content.toString()) ? content.toString() : "";
            }
            if (c == '\\' && at < line.length()) {
                c = line.charAt(at++);
            }
            content.append(c);
        }
        return "";
    }

    /** Asked behind an offer, and so behind the white space that follows it. */
    private boolean atElementEnd() {
        return at == line.length() || line.charAt(at) == ',';
    }

    private boolean take(char c) {
        skipWhiteSpace();
        if (at == line.length() || line.charAt(at) != c) {
            return false;
        }
        at++;
        return true;
    }

    private void skipWhiteSpace() {
        while (at < line.length() && HeaderTokens.isWhiteSpace(line.charAt(at))) {
            at++;
        }
    }
}
