package dev.tidewire.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.benchmarks.load.Latency;
import dev.tidewire.benchmarks.run.Environment;
import dev.tidewire.benchmarks.run.Peers;
import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Works;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NoiseTest {
    private static final Environment NOWHERE = new Environment("", "", "", 1, "", "", "", "", "");

    @Test
    void names_the_works_that_something_else_ran_beside() {
        assertThat(Noise.warning(results(
                        sample(Peers.TIDEWIRE, Works.ECHO, 0.1),
                        sample(Peers.BARE, Works.ECHO, 1.7),
                        sample(Peers.TIDEWIRE, Works.CHURN, 0.2),
                        sample(Peers.TIDEWIRE, Works.TLS, 0.3))))
                .hasValue(
                        "something else used up to 1.70 cores beside 2 of 4 samples, which are worth little, at echo, tls");
    }

    @Test
    void says_nothing_of_a_quiet_machine() {
        assertThat(Noise.warning(results(sample(Peers.TIDEWIRE, Works.ECHO, 0.1), sample(Peers.BARE, Works.ECHO, 0.2))))
                .isEmpty();
    }

    private static Results results(Sample... samples) {
        return new Results(NOWHERE, List.of(samples), "");
    }

    private static Sample sample(String peer, String work, double otherCores) {
        return new Sample(peer, work, 0, 1, 1, 0, Latency.NONE, 1, 1, otherCores, 1, 0, null);
    }
}
