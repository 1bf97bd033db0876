package dev.tidewire.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BenchArgumentsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--rounds=0               | --rounds must be 1 to 1000, was 0",
                "--rounds=two             | Invalid value for option '--rounds': 'two' is not an int",
                "--seconds=-1             | --seconds must be 0.1 to 3600, was -1.0",
                "--seconds=NaN            | --seconds must be 0.1 to 3600, was NaN",
                "--threads=0              | --threads must be 1 to 1000, was 0",
                "--many=0                 | --many must be 1 to 10000000, was 0",
                "--json=                  | --json must be a file, was ''",
                "--json=/                 | --json must be a file, was '/'",
                "--report --json=/        | --json must be a file, was '/'",
                "--work=nope              | no work 'nope', there are: echo, echo-32, ",
                "--peers=nope             | no peer 'nope', there are: tidewire, ",
                "--quick --full           | --quick and --full exclude each other",
                "--report --work=echo     | --report takes no --work",
                "--report --peers bare    | --report takes no --peers",
                "--docs --report --many   | --many takes no --docs",
                "--report --resume        | --report takes no --resume",
                "--many --json x          | --many takes no --json",
                "--list --full            | --list takes no --full",
                "--frob                   | Unknown option: '--frob'",
            })
    void misuse_is_explained_before_anything_is_done(String commandLine, String explanation) {
        assertThat(run(commandLine)).isEqualTo(2);

        assertThat(err.toString().lines())
                .hasSize(2)
                .first()
                .asString()
                .startsWith("tidewire: ")
                .contains(explanation);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void says_that_there_are_no_results_to_report() {
        Path missing = folder.resolve("missing.json");
        assertThat(run("--report --json=" + missing)).isEqualTo(1);

        assertThat(err).hasToString("tidewire: --report: there is no file " + missing + System.lineSeparator());
    }

    @Test
    void says_what_is_in_the_way_of_results() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(run("--work=echo --json=" + file.resolve("results.json"))).isEqualTo(1);

        assertThat(err).hasToString("tidewire: --json: " + file + " is no folder" + System.lineSeparator());
    }

    private int run(String commandLine) {
        return Bench.commandLine(folder)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(commandLine.split(" ", -1));
    }
}
