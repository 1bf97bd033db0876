package dev.tidewire.benchmarks.report;

import dev.tidewire.benchmarks.run.Sample;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What else the machine did while it was measured. */
public final class Noise {
    private Noise() {}

    /** One line on the works whose figures it spoils; empty when there are none. */
    public static Optional<String> warning(Results results) {
        List<Sample> disturbed =
                results.samples().stream().filter(Sample::isDisturbed).toList();
        if (disturbed.isEmpty()) return Optional.empty();
        return Optional.of(String.format(
                Locale.ROOT,
                "something else used up to %.2f cores beside %d of %d samples, which are worth little, at %s",
                disturbed.stream().mapToDouble(Sample::otherCores).max().orElseThrow(),
                disturbed.size(),
                results.samples().size(),
                disturbed.stream().map(Sample::work).distinct().collect(Collectors.joining(", "))));
    }
}
