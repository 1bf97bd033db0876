package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Latency;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one server showed at one work in one round.
 *
 * @param perSecond units of the work
 * @param cpuMicros of the server, user and system, for each unit
 * @param bytesBack received for each unit
 * @param otherCores what everything else on the machine used meanwhile: noise
 * @param residentBytes of the server, at the end
 * @param bytesEach what one more idle connection takes; 0 at any other work
 * @param failure what went wrong
 */
public record Sample(
        String peer,
        String work,
        int round,
        double perSecond,
        double cpuMicros,
        double bytesBack,
        Latency latencyMicros,
        double serverCores,
        double clientCores,
        double otherCores,
        long residentBytes,
        double bytesEach,
        @Nullable String failure) {
    /** In cores. A machine that does nothing else uses some hundredths. */
    private static final double MOST_OTHER_CORES = 0.2;

    public Sample {
        Objects.requireNonNull(peer);
        Objects.requireNonNull(work);
        Objects.requireNonNull(latencyMicros);
    }

    /** True when something else ran beside it, so that it is worth little. */
    public boolean isDisturbed() {
        return otherCores > MOST_OTHER_CORES;
    }

    /** Of something that could not be measured. */
    static Sample failed(Peer peer, Work work, int round, Exception why) {
        String failure = String.valueOf(why.getMessage());
        return new Sample(peer.name(), work.key(), round, 0, 0, 0, Latency.NONE, 0, 0, 0, 0, 0, failure);
    }
}
