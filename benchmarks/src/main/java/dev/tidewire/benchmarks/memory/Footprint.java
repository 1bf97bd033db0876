package dev.tidewire.benchmarks.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of a process whose heap is resident from the start: what more becomes resident is native memory.
 *
 * @param heapBytes live objects
 * @param residentBytes heap included, all of it
 */
record Footprint(long heapBytes, long residentBytes) {
    private static final String RESIDENT = "VmRSS:";
    private static final int COLLECTIONS = 3;

    /** The memory of this process, once its garbage is collected. */
    static Footprint now() throws IOException {
        for (int i = 0; i < COLLECTIONS; i++) {
            System.gc(); // more than once, for references are cleared and cleaners run between
        }
        Runtime runtime = Runtime.getRuntime();
        return new Footprint(runtime.totalMemory() - runtime.freeMemory(), resident());
    }

    static Footprint parse(String line) {
        String[] numbers = line.split(" ", 2);
        return new Footprint(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
    }

    /** For {@link #parse}. */
    String line() {
        return heapBytes + " " + residentBytes;
    }

    Footprint minus(Footprint other) {
        return new Footprint(heapBytes - other.heapBytes, residentBytes - other.residentBytes);
    }

    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(RESIDENT)) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("/proc/self/status has no " + RESIDENT);
    }
}
