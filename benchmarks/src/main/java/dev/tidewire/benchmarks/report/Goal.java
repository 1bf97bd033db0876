package dev.tidewire.benchmarks.report;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * A number to reach.
 *
 * @param atMost true when less is better
 * @param format of the number
 * @param measure empty when what it needs was not measured
 */
record Goal(
        String title,
        boolean atMost,
        double limit,
        String format,
        String of,
        Function<Results, Optional<Double>> measure) {

    static Goal atMost(
            double limit, String format, String title, String of, Function<Results, Optional<Double>> measure) {
        return new Goal(title, true, limit, format, of, measure);
    }

    static Goal atLeast(
            double limit, String format, String title, String of, Function<Results, Optional<Double>> measure) {
        return new Goal(title, false, limit, format, of, measure);
    }

    Optional<Double> measured(Results results) {
        return measure.apply(results);
    }

    boolean isReached(double measured) {
        return atMost ? measured <= limit : measured >= limit;
    }

    String wanted() {
        return (atMost ? "≤ " : "≥ ") + written(limit) + " " + of;
    }

    String written(double number) {
        return String.format(Locale.ROOT, format, number);
    }
}
