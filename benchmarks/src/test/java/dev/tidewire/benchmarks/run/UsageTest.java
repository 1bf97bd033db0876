package dev.tidewire.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UsageTest {
    @Test
    void knows_the_compilers_of_a_jvm() throws Exception {
        assertThat(Usage.compilerNanos(ProcessHandle.current().pid())).isPositive();
    }

    @Test
    void finds_no_compiler_in_another_process() throws Exception {
        Process other = new ProcessBuilder("sleep", "60").start();
        try {
            assertThat(Usage.compilerNanos(other.pid())).isZero();
        } finally {
            other.destroy();
        }
    }

    @Test
    void counts_the_network_work_that_the_kernel_does_on_the_processor_of_each(@TempDir Path thread) throws Exception {
        long pid = ProcessHandle.current().pid();
        Usage before = Usage.of(pid, new Cores(List.of(0, 1), true, Optional.of(thread), Optional.of(thread)));
        Files.writeString(thread.resolve("schedstat"), "3600000000000 0 1\n");

        Usage after = Usage.of(pid, new Cores(List.of(0, 1), true, Optional.of(thread), Optional.empty()));

        assertThat(after.serverMicros(before)).isGreaterThanOrEqualTo(3.6e9);
        assertThat(after.clientNanos() - before.clientNanos()).isLessThan(3_600_000_000_000L);
    }
}
