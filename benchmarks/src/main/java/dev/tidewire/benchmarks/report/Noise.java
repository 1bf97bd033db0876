package dev.tidewire.benchmarks.report;

import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Work;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What else the machine did while it was measured. */
public final class Noise {
    /** In cores. A machine that does nothing else uses some hundredths. */
    private static final double MOST = 0.2;

    private Noise() {}

    /** One line on the works whose figures it spoils; empty when there are none. */
    public static Optional<String> warning(Results results) {
        List<String> spoilt = results.works().stream()
                .map(Work::key)
                .filter(work -> most(results, work) > MOST)
                .toList();
        if (spoilt.isEmpty()) return Optional.empty();
        double most =
                spoilt.stream().mapToDouble(work -> most(results, work)).max().orElseThrow();
        return Optional.of(String.format(
                Locale.ROOT,
                "something else used up to %.2f cores: figures with *other* above %.1f are worth nothing, at %s",
                most,
                MOST,
                String.join(", ", spoilt)));
    }

    private static double most(Results results, String work) {
        return results.peers(work).stream()
                .flatMap(peer -> results.median(peer, work, Sample::otherCores).stream())
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
    }
}
