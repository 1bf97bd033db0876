package dev.tidewire.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

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
}
