package dev.tidewire.server.internal.engine;

import dev.tidewire.server.options.ServerOptions;
import java.time.Duration;

/**
 * How long one connection may be silent, and last, in nanoseconds, each 0 when that is not watched for.
 *
 * @param pingNanos silence after which the peer is asked
 * @param pongNanos silence after that, after which it is gone
 * @param silenceNanos silence after which the connection is ended without asking
 * @param idleNanos time in which nothing went either way, after which it is ended
 * @param lifetimeNanos its age at which it is ended, at the latest
 */
public record LifeLimits(long pingNanos, long pongNanos, long silenceNanos, long idleNanos, long lifetimeNanos) {
    /** A tenth of their lifetime is what connections that came together are spread over in their end. */
    private static final long SPREAD = 10;

    /** As the options of these names have it. */
    public static LifeLimits of(
            Duration pingInterval,
            Duration pongTimeout,
            Duration heartbeatIdleTime,
            Duration maxIdleTime,
            Duration maxLifetime) {
        return new LifeLimits(
                pingInterval.toNanos(),
                pongTimeout.toNanos(),
                heartbeatIdleTime.toNanos(),
                maxIdleTime.toNanos(),
                maxLifetime.toNanos());
    }

    /** Those that a server's options have for all its connections. */
    static LifeLimits of(ServerOptions options) {
        return of(
                options.pingInterval(),
                options.pongTimeout(),
                options.heartbeatIdleTime(),
                options.maxIdleTime(),
                options.maxLifetime());
    }

    boolean areNone() {
        return pingNanos == 0 && silenceNanos == 0 && idleNanos == 0 && lifetimeNanos == 0;
    }

    /** The lifetime less a part that differs from one connection to the next, spread as evenly as can be. */
    long lifetimeOf(long fd) {
        double goldenPart = fd * 0.618_033_988_749_895;
        long spread = lifetimeNanos / SPREAD;
        double part = goldenPart - Math.floor(goldenPart);
        return lifetimeNanos - (long) (part * spread);
    }
}
