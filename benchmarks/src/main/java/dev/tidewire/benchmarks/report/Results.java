package dev.tidewire.benchmarks.report;

import dev.tidewire.benchmarks.run.Environment;
import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Work;
import dev.tidewire.benchmarks.run.Works;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * All samples of one run of the benchmark, and where it ran.
 *
 * @param manyConnections Markdown, empty when that was not measured
 */
public record Results(Environment environment, List<Sample> samples, String manyConnections) {
    public Results {
        Objects.requireNonNull(environment);
        samples = List.copyOf(samples);
        Objects.requireNonNull(manyConnections);
    }

    /** A run that has just begun. */
    public Results(Environment environment) {
        this(environment, List.of(), "");
    }

    /**
     * This run with the samples of an earlier one that need not be measured again.
     *
     * @throws IOException when that was another commit's
     */
    public Results goOnFrom(Results earlier) throws IOException {
        if (!earlier.environment.commit().equals(environment.commit())) {
            throw new IOException("the results to go on from are of commit " + earlier.environment.commit()
                    + ", this is " + environment.commit());
        }
        return new Results(environment, earlier.samples, earlier.manyConnections);
    }

    /** These and one more. */
    public Results with(Sample sample) {
        List<Sample> more = new ArrayList<>(samples);
        more.add(sample);
        return new Results(environment, more, manyConnections);
    }

    /** These with what was found of many connections, as Markdown. */
    public Results withManyConnections(String found) {
        return new Results(environment, samples, found);
    }

    /** The samples of what went wrong. */
    public List<Sample> failures() {
        return samples.stream().filter(sample -> sample.failure() != null).toList();
    }

    /** The works that were measured, in the order in which they are listed. */
    public List<Work> works() {
        return Works.ALL.stream().filter(work -> !peers(work.key()).isEmpty()).toList();
    }

    /** The peers that did that work, in the order in which they came. */
    public List<String> peers(String work) {
        return samples.stream()
                .filter(sample -> sample.work().equals(work))
                .map(Sample::peer)
                .distinct()
                .toList();
    }

    /** The samples of one peer at one work, failed ones too. */
    Stream<Sample> of(String peer, String work) {
        return samples.stream()
                .filter(sample -> sample.peer().equals(peer) && sample.work().equals(work));
    }

    /** True when there is that sample, and it did not fail. */
    public boolean contains(String peer, String work, int round) {
        return of(peer, work).anyMatch(sample -> sample.failure() == null && sample.round() == round);
    }

    /** The middle one of all rounds that did not fail; empty when nothing was measured. */
    Optional<Double> median(String peer, String work, ToDoubleFunction<Sample> figure) {
        double[] sorted = sorted(peer, work, figure);
        return sorted.length == 0 ? Optional.empty() : Optional.of(middle(sorted));
    }

    /** The largest of all rounds that did not fail; empty when nothing was measured. */
    Optional<Double> largest(String peer, String work, ToDoubleFunction<Sample> figure) {
        double[] sorted = sorted(peer, work, figure);
        return sorted.length == 0 ? Optional.empty() : Optional.of(sorted[sorted.length - 1]);
    }

    /** How far the rounds that did not fail are apart, as a part of their median; empty when there are not two of them. */
    Optional<Double> spread(String peer, String work, ToDoubleFunction<Sample> figure) {
        double[] sorted = sorted(peer, work, figure);
        if (sorted.length < 2) return Optional.empty();
        return Optional.of((sorted[sorted.length - 1] - sorted[0]) / middle(sorted));
    }

    private static double middle(double[] sorted) {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private double[] sorted(String peer, String work, ToDoubleFunction<Sample> figure) {
        return of(peer, work)
                .filter(sample -> sample.failure() == null)
                .mapToDouble(figure)
                .sorted()
                .toArray();
    }

    /** By how much a peer's median at one work is above its median at another. */
    Optional<Double> excess(String peer, String work, String other, ToDoubleFunction<Sample> figure) {
        return median(peer, work, figure)
                .flatMap(above -> median(peer, other, figure).map(below -> above - below));
    }

    /** One peer's median over another's. */
    Optional<Double> ratio(String peer, String other, String work, ToDoubleFunction<Sample> figure) {
        return median(peer, work, figure)
                .flatMap(above -> median(other, work, figure).map(below -> above / below));
    }
}
