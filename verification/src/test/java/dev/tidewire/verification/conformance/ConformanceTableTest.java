package dev.tidewire.verification.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds docs/conformance.md to rows and tests that exist. */
class ConformanceTableTest {
    private static final Path DOCUMENT = Path.of("../docs/conformance.md");
    private static final Path TABLES = Path.of("src/test/resources/conformance");
    private static final List<String> MODULES = List.of("protocol", "server", "testkit", "cli", "verification");

    /** What stands in backquotes. */
    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

    private static final Pattern ROW_ID = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");
    private static final Pattern TEST = Pattern.compile("(\\w+)#(\\w+)");

    @Test
    void everyRequirementNamesWhatShowsIt() throws IOException {
        List<String> requirements =
                lastCells().filter(Cell::isOfRequirement).map(Cell::text).toList();

        assertThat(requirements).hasSizeGreaterThan(80);
        assertThat(requirements).allMatch(cell -> cell.contains("`") || cell.startsWith("does not apply"));
    }

    @Test
    void everyRowThatIsNamedIsInATable() throws IOException {
        List<String> ids = ids();

        assertThat(ids).doesNotHaveDuplicates();
        assertThat(names().filter(name -> ROW_ID.matcher(name).matches()))
                .isNotEmpty()
                .isSubsetOf(ids);
    }

    @Test
    void everyTestThatIsNamedExists() throws IOException {
        Map<String, String> sources = sourcesOfTests();

        assertThat(names().filter(name -> name.contains("#")))
                .hasSizeGreaterThan(80)
                .allMatch(name -> {
                    MatchResult test = TEST.matcher(name).results().findFirst().orElseThrow();
                    return sources.getOrDefault(test.group(1), "").contains(" void " + test.group(2) + "(");
                });
    }

    /** Ids of all rows of all tables, those of one {@code each} once. */
    private static List<String> ids() throws IOException {
        try (Stream<Path> files = Files.list(TABLES)) {
            return files.map(file -> file.getFileName().toString())
                    .flatMap(file -> Table.blocks(file).stream())
                    .map(List::getFirst)
                    .filter(title -> !title.startsWith("server"))
                    .map(title -> Table.title(title).id())
                    .toList();
        }
    }

    private static Map<String, String> sourcesOfTests() throws IOException {
        Map<String, String> sources = new HashMap<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
                files.filter(file -> file.toString().endsWith("Test.java")).forEach(file -> {
                    String name = file.getFileName().toString();
                    sources.merge(name.substring(0, name.length() - ".java".length()), read(file), String::concat);
                });
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is in backquotes in the last columns. */
    private static Stream<String> names() throws IOException {
        return lastCells()
                .flatMap(cell -> QUOTED.matcher(cell.text()).results())
                .map(quoted -> quoted.group(1));
    }

    /** Of the tables up to where the document says how rows are written. */
    private static Stream<Cell> lastCells() throws IOException {
        return Files.readString(DOCUMENT)
                .lines()
                .takeWhile(line -> !line.startsWith("## How "))
                .filter(line -> line.startsWith("| "))
                .map(line -> line.split(" *\\| *"))
                .map(cells -> new Cell(cells[1], cells[cells.length - 1]));
    }

    /**
     * The last cell of a line of a table.
     *
     * @param first the first one
     */
    private record Cell(String first, String text) {
        /** True when the line begins with a section. */
        boolean isOfRequirement() {
            return first.matches("[0-9].*");
        }
    }
}
