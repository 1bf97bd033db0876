package dev.tidewire.metrics;

import dev.tidewire.server.Server;
import dev.tidewire.server.ServerStats;
import dev.tidewire.server.connection.CloseCount;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import java.time.Duration;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A server's stats, a second old at most: one collection reads some fifty meters, and must not look at every connection for each.
 *
 * <p>Threads: any.
 */
final class Snapshot {
    private static final long OLDEST_NANOS = Duration.ofSeconds(1).toNanos();

    private final Server server;
    private @Nullable ServerStats latest;
    private long takenAt;

    Snapshot(Server server) {
        this.server = server;
    }

    /** What is read from the stats; 0 before the server's start. */
    double read(ToDoubleFunction<ServerStats> value) {
        ServerStats stats = stats();
        return stats == null ? 0 : value.applyAsDouble(stats);
    }

    /** {@link #read} with numbers that only grow. */
    double count(ToLongFunction<ServerStats> value) {
        return read(value::applyAsLong);
    }

    /** How many connections ended so. */
    double closes(String code, Initiator initiator) {
        return count(stats -> stats.closes().stream()
                .filter(close -> close.initiator() == initiator && close.code().equals(code))
                .mapToLong(CloseCount::count)
                .sum());
    }

    /** Null before the server's start. */
    synchronized @Nullable ServerStats stats() {
        if (latest == null || System.nanoTime() - takenAt > OLDEST_NANOS) {
            if (latest != null || server.isReady()) latest = server.stats();
            takenAt = System.nanoTime();
        }
        return latest;
    }
}
