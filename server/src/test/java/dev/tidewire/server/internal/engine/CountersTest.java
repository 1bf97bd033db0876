package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CountersTest {
    private final Counters counters = new Counters();

    @Test
    void namesAreCountedAndSorted() {
        counters.count("b");
        counters.count("a");
        counters.count("b");

        assertThat(counters.snapshot()).containsExactly(entry("a", 1L), entry("b", 2L));
    }

    @Test
    void whatHappensAgainAndAgainIsToldOnce() {
        assertThat(counters.countAndTell("a")).isTrue();
        assertThat(counters.countAndTell("a")).isFalse();
        assertThat(counters.countAndTell("b")).isTrue();

        assertThat(counters.snapshot()).containsExactly(entry("a", 2L), entry("b", 1L));
    }

    @Test
    void aSnapshotDoesNotChange() {
        counters.count("a");
        var before = counters.snapshot();
        counters.count("a");

        assertThat(before).containsExactly(entry("a", 1L));
    }

    @Test
    void namesOverTheBoundAreCountedTogether() {
        IntStream.range(0, Counters.MAX_NAMES + 2).forEach(i -> counters.count("name" + i));

        assertThat(counters.snapshot()).hasSize(Counters.MAX_NAMES + 1).containsEntry(Counters.OTHER, 2L);
    }

    @Test
    void threadsCountTogether() {
        IntStream.range(0, 10_000).parallel().forEach(i -> counters.count("a"));

        assertThat(counters.snapshot()).containsExactly(entry("a", 10_000L));
    }
}
