package dev.tidewire.server.internal.engine;

import java.time.Duration;

/** Durations that the application chose, as nanoseconds to wait. */
public final class Nanos {
    private Nanos() {}

    /**
     * The nanoseconds of {@code duration}; 146 years for a longer one.
     *
     * @throws IllegalArgumentException for a negative one
     */
    public static long of(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("a time to wait must not be negative, was " + duration);
        }
        return duration.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) > 0 ? Long.MAX_VALUE / 2 : duration.toNanos();
    }
}
