package dev.tidewire.benchmarks.load;

/** How long things took, in microseconds. */
public record Latency(double p50, double p90, double p99, double p999, double max) {
    /** Of nothing. */
    public static final Latency NONE = new Latency(0, 0, 0, 0, 0);
}
