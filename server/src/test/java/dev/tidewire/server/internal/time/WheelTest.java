package dev.tidewire.server.internal.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WheelTest {
    private final Wheel wheel = new Wheel();

    @ParameterizedTest
    @ValueSource(longs = {1, 63, 64, 65, 4_095, 4_096, 262_143, 262_144, 1L << 30, (1L << 42) - 1})
    void givesANodeAtItsTickAndNotBefore(long tick) {
        Named node = new Named(tick);
        wheel.add(node, tick);

        assertThat(wheel.poll(tick - 1)).isNull();
        assertThat(wheel.poll(tick)).isSameAs(node);
        assertThat(wheel.poll(Long.MAX_VALUE)).isNull();
        assertThat(wheel.next()).isEqualTo(Wheel.NEVER);
    }

    @Test
    void whatIsDueAlreadyComesWithTheNextTick() {
        wheel.poll(1_000);
        wheel.add(new Named(1), 5);
        wheel.add(new Named(2), Long.MIN_VALUE);

        assertThat(wheel.poll(1_000)).isNull();
        assertThat(due(1_001)).hasSize(2);
    }

    @Test
    void whatIsDueBeyondAllLevelsIsKeptAtTheirEnd() {
        wheel.add(new Named(1), Long.MAX_VALUE);

        assertThat(wheel.poll(1L << 41)).isNull();
        assertThat(wheel.poll(Long.MAX_VALUE)).isNotNull();
    }

    @Test
    void removingTwiceAndRemovingWhatWasGivenDoesNothing() {
        Named node = new Named(1);
        wheel.remove(node);
        wheel.add(node, 100);
        wheel.remove(node);
        wheel.remove(node);
        assertThat(wheel.poll(200)).isNull();
        wheel.add(node, 300);
        assertThat(wheel.poll(300)).isSameAs(node);
        wheel.remove(node);
        wheel.add(node, 400);
        assertThat(wheel.poll(400)).isSameAs(node);
    }

    /** Against a sorted map, over many levels, with steps from one tick to far. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void givesWhatASortedMapWouldInItsOrder(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeMap<Long, List<Named>> model = new TreeMap<>();
        List<Named> waiting = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 20_000; i++) {
            int what = random.nextInt(10);
            if (what < 6) {
                long tick = now + 1 + random.nextLong(1L << random.nextInt(1, 30));
                Named node = new Named(tick);
                wheel.add(node, tick);
                model.computeIfAbsent(tick, fresh -> new ArrayList<>()).add(node);
                waiting.add(node);
            } else if (what < 8 && !waiting.isEmpty()) {
                Named node = waiting.remove(random.nextInt(waiting.size()));
                wheel.remove(node);
                model.getOrDefault(node.due, waiting).remove(node);
            } else {
                if (!model.isEmpty()) assertThat(wheel.next()).isLessThanOrEqualTo(firstOf(model));
                now += random.nextLong(1L << random.nextInt(1, 24));
                List<Named> due = due(now);
                var expected = model.headMap(now, true);
                assertThat(due).isSortedAccordingTo(Comparator.comparingLong(node -> node.due));
                assertThat(due)
                        .containsExactlyInAnyOrderElementsOf(
                                expected.values().stream().flatMap(List::stream).toList());
                waiting.removeAll(due);
                expected.clear();
            }
        }
    }

    private static long firstOf(SortedMap<Long, List<Named>> model) {
        return model.entrySet().stream()
                .filter(entry -> !entry.getValue().isEmpty())
                .findFirst()
                .map(java.util.Map.Entry::getKey)
                .orElse(Wheel.NEVER);
    }

    private List<Named> due(long tick) {
        List<Named> due = new ArrayList<>();
        for (Wheel.Node node = wheel.poll(tick); node != null; node = wheel.poll(tick)) {
            due.add((Named) node);
        }
        return due;
    }

    private static final class Named extends Wheel.Node {
        final long due;

        Named(long due) {
            this.due = due;
        }

        @Override
        protected void due() {}
    }
}
