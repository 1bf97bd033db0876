package dev.tidewire.server.internal.limits;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the operating system lets this process open.
 *
 * @param count of descriptors; 0 or less when it is not known
 */
public record Descriptors(long count) {
    /** The most connections a server takes when nobody said how many. */
    private static final int MOST = 1_000_000;

    private static final long LEAST_RESERVE = 64;
    /** Twice what an event loop needs: a listening socket, and two or three for what it waits with. */
    private static final int PER_LOOP = 8;
    /** Refused peers that are told so at a time, unless there are few descriptors. */
    private static final int MOST_REFUSED = 256;

    /** A line such as {@code Max open files   1024   524288   files}; the first number is the one that holds. */
    private static final Path LINUX_LIMITS = Path.of("/proc/self/limits");

    private static final String LINUX_LINE = "Max open files";

    /** Those of this process. */
    public static Descriptors ofProcess() {
        try {
            return new Descriptors(linux());
        } catch (IOException | NumberFormatException notLinux) {
            return new Descriptors(unix());
        }
    }

    /** Connections for which there are descriptors. A 256th, and at least 64 or 8 for each event loop, are left for other things. */
    public int connections(int loops) {
        return count <= 0 ? MOST : Math.clamp(count - reserve(loops), 1, MOST);
    }

    /** Refused peers that may have a descriptor at a time: half of those that are left. */
    public int refused(int loops) {
        return count <= 0 ? MOST_REFUSED : Math.clamp(reserve(loops) / 2, 1, MOST_REFUSED);
    }

    private long reserve(int loops) {
        return Math.max(count / 256, Math.max(LEAST_RESERVE, (long) loops * PER_LOOP));
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
