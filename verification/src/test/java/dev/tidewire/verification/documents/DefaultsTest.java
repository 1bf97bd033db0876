package dev.tidewire.verification.documents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.ServerOptions;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A number that stands behind the name of an option, in brackets or in the next cell of a table, is its default. */
class DefaultsTest {
    private static final Pattern NUMBER = Pattern.compile(
            "(?:`(?<prose>\\w+)` \\(|\\| `(?<cell>\\w+)`\\*? \\| )(?<number>[\\d,]*\\d)(?<unit>(?: (?:ms|s|KiB|MiB)\\b)?)");

    /** Times are milliseconds. */
    private record Shown(Document document, int line, String option, long value) {
        static Shown of(Document document, int line, MatchResult found) {
            String option = found.group(found.start("prose") < 0 ? "cell" : "prose");
            long number = Long.parseLong(found.group("number").replace(",", ""));
            return new Shown(document, line, option, number * size(found.group("unit")));
        }

        private static long size(String unit) {
            return switch (unit) {
                case " s" -> 1000;
                case " KiB" -> 1024;
                case " MiB" -> 1024 * 1024;
                default -> 1;
            };
        }

        @Override
        public String toString() {
            return document + ":" + line + ": " + option + " " + value;
        }
    }

    @Test
    void areWhatIsShown() throws ReflectiveOperationException {
        Map<String, Long> defaults = defaults();
        List<Shown> shown = Document.all().stream()
                .flatMap(DefaultsTest::shown)
                .filter(number -> defaults.containsKey(number.option()))
                .toList();

        assertThat(shown).hasSizeGreaterThan(30);
        assertThat(shown)
                .filteredOn(number -> !Objects.equals(defaults.get(number.option()), number.value()))
                .isEmpty();
    }

    private static Stream<Shown> shown(Document document) {
        List<String> prose = document.prose();
        return IntStream.range(0, prose.size())
                .boxed()
                .flatMap(line ->
                        NUMBER.matcher(prose.get(line)).results().map(found -> Shown.of(document, line + 1, found)));
    }

    private static Map<String, Long> defaults() throws ReflectiveOperationException {
        ServerOptions options = ServerOptions.of("localhost", 0);
        Map<String, Long> defaults = new HashMap<>();
        for (Method option : ServerOptions.class.getMethods()) {
            if (option.getParameterCount() != 0 || option.getDeclaringClass() == Object.class) continue;
            switch (option.invoke(options)) {
                case Duration time -> defaults.put(option.getName(), time.toMillis());
                case Integer number -> defaults.put(option.getName(), number.longValue());
                case Long number -> defaults.put(option.getName(), number);
                case null, default -> {}
            }
        }
        return defaults;
    }
}
