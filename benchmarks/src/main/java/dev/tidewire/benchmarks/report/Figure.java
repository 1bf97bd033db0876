package dev.tidewire.benchmarks.report;

import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Work;
import dev.tidewire.benchmarks.run.Works;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A number that samples have, and how it is written.
 *
 * @param largest of several samples, the largest stands for them; else the middle one
 */
record Figure(String name, String format, ToDoubleFunction<Sample> of, boolean largest) {
    static final Figure CPU = new Figure("CPU µs each", "%,.3f", Sample::cpuMicros);
    static final Figure P50 =
            new Figure("p50 µs", "%,.0f", sample -> sample.latencyMicros().p50());
    static final Figure BYTES_EACH = new Figure("bytes each", "%,.0f", Sample::bytesEach);
    static final Figure RESIDENT = new Figure("RSS MiB", "%,.0f", sample -> sample.residentBytes() / 1048576.0);
    static final Figure START =
            new Figure("ms", "%,.0f", sample -> sample.latencyMicros().p50() / 1e3);

    private static final Figure SLOWEST_START =
            new Figure("slowest", "%,.0f", sample -> sample.latencyMicros().max() / 1e3, true);
    private static final Figure CPU_MILLIS = new Figure("CPU ms", "%,.0f", sample -> sample.cpuMicros() / 1e3);

    Figure(String name, String format, ToDoubleFunction<Sample> of) {
        this(name, format, of, false);
    }

    static Figure rate(Work work) {
        return new Figure(work.unit() + "/s", "%,.0f", Sample::perSecond);
    }

    /** The one that a work is about. */
    static Figure main(Work work) {
        return switch (work.key()) {
            case Works.IDLE, Works.IDLE_DEFLATE_ALONE, Works.IDLE_DEFLATE -> BYTES_EACH;
            case Works.START -> START;
            case Works.PACED -> P50;
            case Works.CHURN, Works.STORM -> rate(work);
            default -> CPU;
        };
    }

    /** True when less of it is better. */
    static boolean lessIsBetter(Work work) {
        return !main(work).name().endsWith("/s");
    }

    /** All that a work says something about. */
    static List<Figure> all(Work work) {
        return switch (work.key()) {
            case Works.IDLE, Works.IDLE_DEFLATE_ALONE, Works.IDLE_DEFLATE -> List.of(BYTES_EACH, RESIDENT);
            case Works.START -> List.of(START, SLOWEST_START, CPU_MILLIS, RESIDENT);
            default ->
                List.of(
                        rate(work),
                        CPU,
                        P50,
                        new Figure(
                                "p90", "%,.0f", sample -> sample.latencyMicros().p90()),
                        new Figure(
                                "p99", "%,.0f", sample -> sample.latencyMicros().p99()),
                        new Figure(
                                "p99.9",
                                "%,.0f",
                                sample -> sample.latencyMicros().p999()),
                        new Figure(
                                "max", "%,.0f", sample -> sample.latencyMicros().max(), true),
                        new Figure("back B", "%,.0f", Sample::bytesBack),
                        RESIDENT,
                        new Figure("server", "%.2f", Sample::serverCores),
                        new Figure("client", "%.2f", Sample::clientCores),
                        new Figure("other", "%.2f", Sample::otherCores));
        };
    }

    /** What stands for all rounds of that peer at that work; empty when nothing was measured. */
    Optional<Double> measured(Results results, String peer, Work work) {
        return largest ? results.largest(peer, work.key(), of) : results.median(peer, work.key(), of);
    }

    String written(double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
