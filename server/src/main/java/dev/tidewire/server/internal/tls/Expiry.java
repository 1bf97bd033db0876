package dev.tidewire.server.internal.tls;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Warns of certificates whose time is over, or soon will be: when they are taken into use, and from then on once a day.
 *
 * <p>Threads: any.
 */
final class Expiry {
    private static final Duration BETWEEN_WARNINGS = Duration.ofDays(1);

    private final InstantSource clock;
    private final Consumer<String> warn;

    /** Guarded by this. */
    private List<Credentials> used = List.of();
    /** Guarded by this. */
    private Instant next = Instant.MAX;

    /** @param warn gets a line for each certificate */
    Expiry(InstantSource clock, Consumer<String> warn) {
        this.clock = clock;
        this.warn = warn;
    }

    /** From now on these are used, and no others. */
    synchronized void use(List<Credentials> credentials) {
        used = credentials;
        warn(clock.instant());
    }

    /** Warns again when the last time was a day ago. */
    synchronized void look() {
        Instant now = clock.instant();
        if (!now.isBefore(next)) warn(now);
    }

    private void warn(Instant now) {
        next = now.plus(BETWEEN_WARNINGS);
        used.stream().map(each -> each.warning(now)).flatMap(Optional::stream).forEach(warn);
    }
}
