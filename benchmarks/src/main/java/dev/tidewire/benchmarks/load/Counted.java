package dev.tidewire.benchmarks.load;

/**
 * What was counted between {@link LoadRun#startCounting} and {@link LoadRun#endCounting}.
 *
 * @param count messages, deliveries or connections, as the load has it
 * @param bytes received as replies, frames included
 */
public record Counted(long count, long bytes, Latency latency) {}
