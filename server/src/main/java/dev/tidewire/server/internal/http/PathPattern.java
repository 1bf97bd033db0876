package dev.tidewire.server.internal.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A path with parameters, such as {@code /chat/{room}}: {@code {name}} stands for one whole segment that is not empty, {@code
 * {name...}} at the end for all the rest, also none.
 */
public final class PathPattern implements Comparable<PathPattern> {
    private final String text;
    /** The text without the parameters' names: two patterns of one shape take the same paths. */
    private final String shape;

    private final List<Segment> segments;

    private sealed interface Segment {
        /** The higher, the more particular. */
        int rank();

        record Literal(String text) implements Segment {
            @Override
            public int rank() {
                return 2;
            }
        }

        record Parameter(String name) implements Segment {
            @Override
            public int rank() {
                return 1;
            }
        }

        record Rest(String name) implements Segment {
            @Override
            public int rank() {
                return 0;
            }
        }
    }

    private PathPattern(String text, List<Segment> segments) {
        this.text = text;
        this.shape = text.replaceAll("\\{\\w+", "{");
        this.segments = segments;
    }

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException when it does not begin with a slash, holds a query or a fragment, has {@code *} for a segment,
     *     a brace is not a whole segment, a name is used twice, or {@code {name...}} is not the end
     */
    public static PathPattern of(String text) {
        if (!text.startsWith("/")) throw new IllegalArgumentException("a path pattern begins with /, was " + text);
        if (text.contains("?") || text.contains("#")) {
            throw new IllegalArgumentException("a path pattern holds no ? and no #, was " + text);
        }
        List<Segment> segments = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (String part : text.substring(1).split("/", -1)) {
            if (!segments.isEmpty() && segments.getLast() instanceof Segment.Rest) {
                throw new IllegalArgumentException("{name...} must be the end of a path pattern, was " + text);
            }
            segments.add(segment(part, text, names));
        }
        return new PathPattern(text, List.copyOf(segments));
    }

    /**
     * The decoded segments of a path; null for what is none, such as {@code *}. An encoded slash does not end a segment.
     *
     * @param rawPath as it was sent, with sound percent-encoding
     */
    public static @Nullable List<String> segments(String rawPath) {
        if (!rawPath.startsWith("/")) return null;
        String[] parts = rawPath.substring(1).split("/", -1);
        Arrays.setAll(parts, i -> decode(parts[i]));
        return List.of(parts);
    }

    /** The parameters' values in a path of these segments; null when it does not fit. */
    public @Nullable Map<String, String> match(List<String> path) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (segment instanceof Segment.Rest(String name)) {
                values.put(name, rest(path, i));
                return values;
            }
            if (i >= path.size()) return null;
            String part = path.get(i);
            if (segment instanceof Segment.Parameter(String name)) {
                if (part.isEmpty()) return null;
                values.put(name, part);
            } else if (!part.equals(((Segment.Literal) segment).text())) {
                return null;
            }
        }
        return path.size() == segments.size() ? values : null;
    }

    /** The more particular pattern first: literal before parameter before rest, from the left. */
    @Override
    public int compareTo(PathPattern other) {
        int common = Math.min(segments.size(), other.segments.size());
        for (int i = 0; i < common; i++) {
            int byRank = Integer.compare(
                    other.segments.get(i).rank(), segments.get(i).rank());
            if (byRank != 0) return byRank;
        }
        int byLength = Integer.compare(other.segments.size(), segments.size());
        return byLength != 0 ? byLength : shape.compareTo(other.shape);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PathPattern pattern && pattern.shape.equals(shape);
    }

    @Override
    public int hashCode() {
        return shape.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    private static String decode(String segment) {
        // A plus is a plus in a path; only forms take it for a space.
        return segment.indexOf('%') < 0
                ? segment
                : URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static String rest(List<String> path, int from) {
        return from >= path.size() ? "" : String.join("/", path.subList(from, path.size()));
    }

    private static Segment segment(String part, String pattern, List<String> names) {
        if (part.equals("*") || part.equals("**")) {
            throw new IllegalArgumentException(
                    "any one segment is {name}, and all the rest of a path {name...}, was " + part + " in " + pattern);
        }
        if (!part.contains("{") && !part.contains("}")) return new Segment.Literal(part);
        if (!part.matches("\\{[A-Za-z_][A-Za-z0-9_]*(\\.\\.\\.)?}")) {
            throw new IllegalArgumentException(
                    "a parameter is a whole segment {name} or {name...}, was " + part + " in " + pattern);
        }
        boolean rest = part.endsWith("...}");
        String name = part.substring(1, part.length() - (rest ? 4 : 1));
        if (names.contains(name)) throw new IllegalArgumentException("{" + name + "} is twice in " + pattern);
        names.add(name);
        return rest ? new Segment.Rest(name) : new Segment.Parameter(name);
    }
}
