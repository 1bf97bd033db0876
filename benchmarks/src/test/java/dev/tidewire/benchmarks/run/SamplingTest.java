package dev.tidewire.benchmarks.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.benchmarks.load.Latency;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SamplingTest {
    @Test
    void keeps_the_least_disturbed_of_its_tries() throws Exception {
        assertThat(taken(3, 0.5, 0.3, 0.4, 0.1)).isEqualTo(0.3);
    }

    @Test
    void keeps_the_first_that_is_hardly_disturbed() throws Exception {
        assertThat(taken(3, 0.5, 0.2, 0.1)).isEqualTo(0.2);
    }

    @Test
    void keeps_what_came_where_there_is_no_time_for_another() throws Exception {
        assertThat(taken(1, 0.5, 0.1)).isEqualTo(0.5);
    }

    private static double taken(int tries, Double... otherCores) throws Exception {
        Iterator<Double> others = List.of(otherCores).iterator();
        return new Sampling(WarmUp.fixed(Duration.ZERO), Duration.ZERO, tries)
                .leastDisturbed(() -> beside(others.next()))
                .otherCores();
    }

    private static Sample beside(double otherCores) {
        return new Sample(Peers.BARE, Works.ECHO, 0, 1, 1, 0, Latency.NONE, 1, 1, otherCores, 1, 0, null);
    }
}
