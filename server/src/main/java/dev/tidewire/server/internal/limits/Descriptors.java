package dev.tidewire.server.internal.limits;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/** What the operating system lets this process open. */
public final class Descriptors {
    /** The most connections a server takes when nobody said how many. */
    private static final int MOST = 1_000_000;
    /** What files, loops and outgoing connections need at least. */
    private static final long LEAST_RESERVE = 64;

    private Descriptors() {}

    /** Connections for which there are descriptors in this process. */
    public static int connections() {
        return connections(
                ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                        ? unix.getMaxFileDescriptorCount()
                        : MOST);
    }

    /** Nine tenths of the descriptors, at least 64 of which are left for other things. */
    static int connections(long descriptors) {
        if (descriptors <= 0) return MOST; // not known
        long reserve = Math.max(descriptors / 10, LEAST_RESERVE);
        return Math.clamp(descriptors - reserve, 1, MOST);
    }
}
