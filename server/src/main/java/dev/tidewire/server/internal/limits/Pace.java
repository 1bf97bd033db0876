package dev.tidewire.server.internal.limits;

/**
 * A token bucket that holds what may come in one second, as arithmetic on one moment: when the bucket will be full again.
 *
 * <p>What comes moves that moment on by its price. More than the bucket holds has come when the moment is further ahead than it
 * takes to fill it from empty.
 *
 * @param perUnit nanoseconds of one unit
 * @param burst nanoseconds in which an empty bucket fills
 */
public record Pace(long perUnit, long burst) {
    private static final long SECOND = 1_000_000_000;

    /** @param perSecond 1 to 1,000,000,000 */
    public static Pace of(int perSecond) {
        // Rounded down, so what is allowed comes to no less than was promised; the burst is exact.
        long perUnit = SECOND / perSecond;
        return new Pace(perUnit, perUnit * perSecond);
    }

    /** When a bucket is full again that would have been {@code fullAt}, after {@code units} came {@code now}. */
    public long after(long fullAt, long now, long units) {
        long from = fullAt - now < 0 ? now : fullAt;
        return from + units * perUnit;
    }

    /** How long it is from {@code now} until no more has come than may; 0 or less when that is so. */
    public long debt(long fullAt, long now) {
        return fullAt - now - burst;
    }
}
