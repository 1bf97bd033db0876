package dev.tidewire.server.internal.limits;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the operating system lets this process open. */
public final class Descriptors {
    /** The most connections a server takes when nobody said how many. */
    private static final int MOST = 1_000_000;
    /** What files, loops and outgoing connections need at least. */
    private static final long LEAST_RESERVE = 64;

    /** A line such as {@code Max open files   1024   524288   files}; the first number is the one that holds. */
    private static final Path LINUX_LIMITS = Path.of("/proc/self/limits");

    private static final String LINUX_LINE = "Max open files";

    private Descriptors() {}

    /** Connections for which there are descriptors in this process. */
    public static int connections() {
        try {
            return connections(linux());
        } catch (IOException | NumberFormatException notLinux) {
            return connections(unix());
        }
    }

    /** A 256th of the descriptors, and at least 64, are left for other things. */
    static int connections(long descriptors) {
        if (descriptors <= 0) return MOST; // not known
        long reserve = Math.max(descriptors / 256, LEAST_RESERVE);
        return Math.clamp(descriptors - reserve, 1, MOST);
    }

    /** Takes a fraction of the time in which the JDK's management is there to be asked. */
    private static long linux() throws IOException {
        for (String line : Files.readAllLines(LINUX_LIMITS)) {
            if (line.startsWith(LINUX_LINE)) {
                String limit = line.substring(LINUX_LINE.length()).strip().split(" +", 2)[0];
                return limit.equals("unlimited") ? MOST : Long.parseLong(limit);
            }
        }
        throw new IOException("no limit of open files in " + LINUX_LIMITS);
    }

    private static long unix() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : 0;
    }
}
