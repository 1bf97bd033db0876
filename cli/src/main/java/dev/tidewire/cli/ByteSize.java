package dev.tidewire.cli;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number of bytes as it is written on the command line: {@code 64m}, with {@code k}, {@code m} and {@code g} as powers of 1,024.
 *
 * @param bytes 0 to 2^31 - 1
 */
record ByteSize(int bytes) {
    private static final Pattern WRITTEN = Pattern.compile("(\\d{1,10})([kmg]?)");

    /** Reads a size; {@code 2g} is as much as there can be, which is a few bytes less. Empty for what is none. */
    static Optional<ByteSize> parse(String text) {
        Matcher matcher = WRITTEN.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) return Optional.empty();
        long bytes = Long.parseLong(matcher.group(1)) << shiftOf(matcher.group(2));
        if (bytes < 0 || bytes > 1L << 31) return Optional.empty();
        return Optional.of(new ByteSize((int) Math.min(bytes, Integer.MAX_VALUE - 8)));
    }

    boolean isWithin(int leastBytes, int mostBytes) {
        return bytes >= leastBytes && bytes <= mostBytes;
    }

    private static int shiftOf(String unit) {
        return switch (unit) {
            case "k" -> 10;
            case "m" -> 20;
            case "g" -> 30;
            default -> 0;
        };
    }

    /** In the largest unit that leaves a whole number. */
    @Override
    public String toString() {
        for (String unit : new String[] {"g", "m", "k"}) {
            int size = 1 << shiftOf(unit);
            if (bytes >= size && bytes % size == 0) return bytes / size + unit;
        }
        return Integer.toString(bytes);
    }
}
