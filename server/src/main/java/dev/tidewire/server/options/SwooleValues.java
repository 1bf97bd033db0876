package dev.tidewire.server.options;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What was given to Swoole's {@code set}, read as the types that PHP's values have in Java. */
final class SwooleValues {
    /** Such as {@code 64K} or {@code 2M}. */
    private static final Pattern SIZE = Pattern.compile("(\\d{1,10})([KMG]?)");

    /** A number that came as text, as from a file of settings, which PHP takes as well. */
    private static final Pattern DIGITS = Pattern.compile("\\d{1,10}");

    /** The same for one that need not be whole. */
    private static final Pattern DECIMAL = Pattern.compile("\\d{1,10}(\\.\\d{1,9})?");

    private static final long LONGEST_MILLIS = Duration.ofDays(365).toMillis();

    private final Map<String, ?> given;

    SwooleValues(Map<String, ?> given) {
        this.given = given;
    }

    boolean has(String name) {
        return given.containsKey(name);
    }

    /** A number of things. */
    int count(String name) {
        return read(name, value -> asInt(whole(value)));
    }

    /** {@link #count}, or {@code otherwise} when it was not given. */
    int count(String name, int otherwise) {
        return has(name) ? count(name) : otherwise;
    }

    /** A number of bytes, as a number or with a unit. */
    int bytes(String name) {
        return read(name, value -> asInt(value instanceof String text ? size(text) : whole(value)));
    }

    Duration seconds(String name) {
        return read(name, value -> time(value, 1000));
    }

    Duration milliseconds(String name) {
        return read(name, value -> time(value, 1));
    }

    boolean flag(String name) {
        return read(name, SwooleValues::truth);
    }

    /** {@link #flag}, false when it was not given. */
    boolean isOn(String name) {
        return has(name) && flag(name);
    }

    String text(String name) {
        return read(name, SwooleValues::asText);
    }

    Path file(String name) {
        return read(name, value -> value instanceof Path path ? path : Path.of(asText(value)));
    }

    /** An error about one setting, which names it and its value. */
    Wrong wrong(String name, String why) {
        return new Wrong(name + " => " + given.get(name) + ": " + why);
    }

    /** What {@link #wrong} makes. */
    static final class Wrong extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        private Wrong(String message) {
            super(message);
        }
    }

    /** A value as {@code reader} makes it, which throws an {@link IllegalArgumentException} for one that is no good. */
    <T> T read(String name, Function<Object, T> reader) {
        Object value = given.get(name);
        if (value == null) throw wrong(name, "must not be null");
        try {
            return reader.apply(value);
        } catch (IllegalArgumentException e) {
            throw wrong(name, String.valueOf(e.getMessage()));
        }
    }

    static String asText(Object value) {
        if (value instanceof String text) return text;
        throw new IllegalArgumentException("must be a text");
    }

    private static long whole(Object value) {
        return switch (value) {
            case Long number -> number;
            case Integer number -> number;
            case Short number -> number;
            case Byte number -> number;
            case String text when DIGITS.matcher(text).matches() -> Long.parseLong(text);
            default -> throw new IllegalArgumentException("must be a whole number");
        };
    }

    private static int asInt(long number) {
        if (number >= 0 && number <= Integer.MAX_VALUE) return (int) number;
        throw new IllegalArgumentException("must be 0 to " + Integer.MAX_VALUE);
    }

    private static long size(String text) {
        Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException("must be a number of bytes, or one with K, M or G behind it");
        }
        int shift = switch (matcher.group(2)) {
            case "K" -> 10;
            case "M" -> 20;
            case "G" -> 30;
            default -> 0;
        };
        return Long.parseLong(matcher.group(1)) << shift;
    }

    private static Duration time(Object value, int millisPerUnit) {
        double millis = number(value) * millisPerUnit;
        if (millis >= 0 && millis <= LONGEST_MILLIS) return Duration.ofMillis(Math.round(millis));
        throw new IllegalArgumentException(
                "must be a number of " + (millisPerUnit == 1 ? "milliseconds" : "seconds") + ", 0 to 365 days");
    }

    private static boolean truth(Object value) {
        if (value instanceof Boolean truth) return truth;
        if (value instanceof String text && text.matches("(?i)true|false")) return Boolean.parseBoolean(text);
        double number = number(value);
        if (number == 0 || number == 1) return number == 1;
        throw new IllegalArgumentException("must be true or false");
    }

    /** Not a number for what is none. */
    private static double number(Object value) {
        return switch (value) {
            case Number number -> number.doubleValue();
            case String text when DECIMAL.matcher(text).matches() -> Double.parseDouble(text);
            default -> Double.NaN;
        };
    }
}
