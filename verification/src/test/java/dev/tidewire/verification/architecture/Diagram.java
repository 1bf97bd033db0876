package dev.tidewire.verification.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The components of {@code docs/architecture.puml} and the arrows between them. */
record Diagram(Path path, List<Arrow> arrows) {
    private static final Pattern COMPONENT = Pattern.compile("(?m)^\\[(.+)] <<(.+)>>$");
    private static final Pattern ARROW = Pattern.compile("(?m)^\\[(.+)] --> \\[(.+)]$");

    /** A dependency that is allowed; both ends are package patterns. */
    record Arrow(String from, String to) {}

    static Diagram read() {
        Path path = Path.of("../docs/architecture.puml").toAbsolutePath().normalize();
        String text = textOf(path);
        Map<String, String> packages = COMPONENT
                .matcher(text)
                .results()
                .collect(Collectors.toMap(found -> found.group(1), found -> found.group(2)));
        List<Arrow> arrows = ARROW.matcher(text)
                .results()
                .map(found -> new Arrow(known(packages, found.group(1)), known(packages, found.group(2))))
                .toList();
        return new Diagram(path, arrows);
    }

    private static String known(Map<String, String> packages, String component) {
        return Objects.requireNonNull(packages.get(component), () -> "the diagram has no component " + component);
    }

    private static String textOf(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
