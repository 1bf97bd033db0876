package dev.tidewire.benchmarks.load;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** What one loop counts. Confined to it. */
final class Tally {
    private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final int DIGITS = 3;

    private final Histogram latencyNanos = new Histogram(1, LONGEST_NANOS, DIGITS);
    private long count;
    private long bytes;

    /** Counts {@code times} things that each took {@code nanos}. */
    void record(long nanos, long times) {
        latencyNanos.recordValueWithCount(Math.clamp(nanos, 1, LONGEST_NANOS), times);
    }

    void count(long more) {
        count += more;
    }

    void read(int moreBytes) {
        bytes += moreBytes;
    }

    Counted counted() {
        return new Counted(count, bytes, latency());
    }

    void reset() {
        latencyNanos.reset();
        count = 0;
        bytes = 0;
    }

    void addTo(Tally sum) {
        sum.latencyNanos.add(latencyNanos);
        sum.count += count;
        sum.bytes += bytes;
    }

    private Latency latency() {
        return new Latency(micros(50), micros(90), micros(99), micros(99.9), latencyNanos.getMaxValue() / 1e3);
    }

    private double micros(double percentile) {
        return latencyNanos.getValueAtPercentile(percentile) / 1e3;
    }
}
