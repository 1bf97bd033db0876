package dev.tidewire.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ResultFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<project/>",
                "[]",
                "{}",
                "{\"environment\": {}, \"samples\": [], \"manyConnections\": null}",
                "{\"environment\": {}, \"samples\": [{}], \"manyConnections\": \"\"}",
                "\u00ff"
            })
    void refuses_what_is_no_result_file_in_one_line(String content) throws Exception {
        Path file = Files.writeString(folder.resolve("results.json"), content, StandardCharsets.ISO_8859_1);

        assertThatThrownBy(new ResultFile(file)::read)
                .isInstanceOf(IOException.class)
                .hasMessage(file + " is not a result file of bench");
    }

    @Test
    void leaves_nothing_when_it_finds_out_whether_it_can_be_written() throws Exception {
        new ResultFile(folder.resolve("results.json")).requireWritable();

        assertThat(folder).isEmptyDirectory();
    }
}
