package dev.tidewire.protocol;

import java.util.ArrayList;
import java.util.List;

/** Headers whose value is a list: over several lines or commas, with white space around (RFC 9110 §5.6.1). */
final class HeaderTokens {
    static final String LETTERS_AND_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private static final String TOKEN_CHARS = "!#$%&'*+-.^_`|~" + LETTERS_AND_DIGITS;

    private HeaderTokens() {}

    /** All elements of all {@code lines} in order; empty ones do not count. */
    static List<String> elements(List<String> lines) {
        List<String> elements = new ArrayList<>();
        for (String line : lines) {
            addElements(line, elements);
        }
        return elements;
    }

    /** True when {@code token} is among the elements, in any case. */
    static boolean contains(List<String> lines, String token) {
        for (String element : elements(lines)) {
            if (element.equalsIgnoreCase(token)) {
                return true;
            }
        }
        return false;
    }

    /** True when {@code text} is a token, RFC 9110 §5.6.2: visible ASCII without separators, and not empty. */
    static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (!isTokenChar(text.charAt(i))) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    static boolean isTokenChar(char c) {
        return TOKEN_CHARS.indexOf(c) >= 0;
    }

    /** {@code value} without the white space that HTTP allows around it (RFC 9110 §5.6.3). */
    static String trim(String value) {
        int from = 0;
        int to = value.length();
        while (from < to && isWhiteSpace(value.charAt(from))) {
            from++;
        }
        while (from < to && isWhiteSpace(value.charAt(to - 1))) {
            to--;
        }
        return value.substring(from, to);
    }

    private static void addElements(String line, List<String> elements) {
        for (String between : line.split(",", -1)) {
            String element = trim(between);
            if (!element.isEmpty()) {
                elements.add(element);
            }
        }
    }

    static boolean isWhiteSpace(char c) {
        return c == ' ' || c == '\t';
    }
}
