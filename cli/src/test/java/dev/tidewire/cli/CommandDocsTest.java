package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;

/** docs/command.md, which says of each option what {@code --help} does. */
final class CommandDocsTest {
    private static final Path DOCUMENT = Path.of("../docs/command.md");

    @Test
    void everyOptionHasItsRow() throws IOException {
        List<String> rows = Stream.concat(
                        row("all", Tidewire.COMMON.stream()),
                        Tidewire.COMMANDS.stream()
                                .flatMap(command -> command.options().stream())
                                .distinct()
                                .flatMap(option -> row(commandsWith(option), Stream.of(option))))
                .sorted()
                .toList();

        assertThat(Files.readAllLines(DOCUMENT))
                .filteredOn(line -> line.startsWith("| `-"))
                .isEqualTo(rows);
    }

    private static Stream<String> row(String commands, Stream<Option> options) {
        return options.map(option ->
                "| `" + Help.written(option).strip() + "` | " + commands + " | " + option.getDescription() + " |");
    }

    private static String commandsWith(Option option) {
        return Tidewire.COMMANDS.stream()
                .filter(command -> command.options().contains(option))
                .map(Command::name)
                .collect(Collectors.joining(", "));
    }
}
