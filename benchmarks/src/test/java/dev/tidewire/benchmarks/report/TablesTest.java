package dev.tidewire.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.benchmarks.load.Latency;
import dev.tidewire.benchmarks.run.Environment;
import dev.tidewire.benchmarks.run.Peers;
import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Works;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TablesTest {
    private static final Environment NOWHERE = new Environment("", "", "", 1, "", "", "", "", "");

    @Test
    void say_what_compression_takes_over_a_plain_connection() {
        Results results = results(idle(Works.IDLE, 2_000), idle(Works.IDLE_DEFLATE_ALONE, 3_024));
        assertThat(Tables.of(results, Works.of(Works.IDLE_DEFLATE_ALONE))).contains("| over plain |", "|      1,024 |");
        assertThat(Tables.of(results, Works.of(Works.IDLE))).doesNotContain("over plain");
        assertThat(Tables.ofGoals(results, false)).containsPattern("≤ 1,024 bytes over plain \\| +1,024 \\| +yes");
    }

    @Test
    void say_that_compression_takes_too_much() {
        Results results = results(idle(Works.IDLE, 2_000), idle(Works.IDLE_DEFLATE_ALONE, 3_025));
        assertThat(Tables.ofGoals(results, false))
                .containsPattern("≤ 1,024 bytes over plain \\| +1,025 \\| +\\*\\*no\\*\\*");
    }

    @Test
    void say_nothing_of_plain_connections_that_were_not_measured() {
        Results results = results(idle(Works.IDLE_DEFLATE_ALONE, 3_024));
        assertThat(Tables.of(results, Works.of(Works.IDLE_DEFLATE_ALONE))).contains("|            |");
        assertThat(Tables.ofGoals(results, false)).doesNotContain("over plain");
        assertThat(Tables.ofGoals(results, true))
                .containsPattern("≤ 1,024 bytes over plain \\| +not measured \\| +\\|");
    }

    @Test
    void say_how_far_rounds_are_apart() {
        Results results = results(idle(Works.IDLE, 1_800), idle(Works.IDLE, 2_000), idle(Works.IDLE, 2_300));
        assertThat(Tables.of(results, Works.of(Works.IDLE)))
                .containsPattern("\\| tidewire \\| +1.00 \\| +25 % \\| +2,000 \\|");
    }

    @Test
    void say_nothing_of_how_far_one_round_is_apart() {
        assertThat(Tables.of(results(idle(Works.IDLE, 2_000)), Works.of(Works.IDLE)))
                .containsPattern("\\| tidewire \\| +1.00 \\| +\\| +2,000 \\|");
    }

    @Test
    void say_of_how_many_rounds_a_server_failed_and_why() {
        Sample failed =
                new Sample(Peers.BARE, Works.ECHO, 1, 0, 0, 0, Latency.NONE, 0, 0, 0, 0, 0, "replies are missing");
        Results results = results(echo(1, 10), failed, echo(2, 30), echo(3, 20));
        assertThat(Tables.of(results, Works.of(Works.ECHO))).contains("| bare (1 of 4 failed) |");
        assertThat(Tables.ofFailures(results, Works.of(Works.ECHO))).isEqualTo("bare failed: replies are missing\n");
    }

    @Test
    void take_the_middle_of_medians_and_the_largest_of_maxima() {
        assertThat(Tables.of(results(echo(1, 10), echo(2, 30), echo(3, 20)), Works.of(Works.ECHO)))
                .containsPattern("\\| +2 \\| +0 \\| +0 \\| +0 \\| +30 \\|");
    }

    private static Sample echo(double p50, double max) {
        Latency latency = new Latency(p50, 0, 0, 0, max);
        return new Sample(Peers.BARE, Works.ECHO, 0, 1, 1, 0, latency, 0, 0, 0, 1, 0, null);
    }

    private static Results results(Sample... samples) {
        return new Results(NOWHERE, List.of(samples), "");
    }

    private static Sample idle(String work, double bytesEach) {
        return new Sample(Peers.TIDEWIRE, work, 0, 1, 0, 0, Latency.NONE, 0, 0, 0, 1, bytesEach, null);
    }
}
