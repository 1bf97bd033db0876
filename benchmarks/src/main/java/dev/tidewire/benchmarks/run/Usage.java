package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What processes have used up to a moment.
 *
 * @param serverNanos processor time of the server, user and system, and of the kernel's thread that does the network's work on its
 *     processor when there is much of it
 * @param clientNanos of this process, likewise
 * @param machineNanos of everything on all processors, and what the host of a virtual machine took from them
 */
record Usage(long takenNanos, long serverNanos, long clientNanos, long machineNanos) {
    private static final String RESIDENT = "VmRSS:";
    /** As HotSpot names those threads. */
    private static final Pattern COMPILER = Pattern.compile("C[12] Compiler");
    /** {@code USER_HZ}, which is 100 on every Linux that Java runs on. */
    private static final long NANOS_PER_TICK = 10_000_000;

    static Usage of(long serverPid, Cores cores) throws IOException {
        return new Usage(
                System.nanoTime(),
                ProcessClock.nanos(serverPid) + kernelNanos(cores.serverKernelThread()),
                ProcessClock.nanos(ProcessHandle.current().pid()) + kernelNanos(cores.clientKernelThread()),
                readMachineNanos());
    }

    private static long kernelNanos(Optional<Path> thread) throws IOException {
        return thread.isPresent() ? ranNanos(thread.get()) : 0;
    }

    double seconds(Usage since) {
        return (takenNanos - since.takenNanos) / 1e9;
    }

    double serverMicros(Usage since) {
        return (serverNanos - since.serverNanos) / 1e3;
    }

    double serverCores(Usage since) {
        return (double) (serverNanos - since.serverNanos) / (takenNanos - since.takenNanos);
    }

    double clientCores(Usage since) {
        return (double) (clientNanos - since.clientNanos) / (takenNanos - since.takenNanos);
    }

    /** What neither the server nor the client used. */
    double otherCores(Usage since) {
        long others = machineNanos
                - since.machineNanos
                - (serverNanos - since.serverNanos)
                - (clientNanos - since.clientNanos);
        return Math.max(0, (double) others / (takenNanos - since.takenNanos));
    }

    /** Memory of a process that is in RAM. */
    static long residentBytes(long pid) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
            if (line.startsWith(RESIDENT)) return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
        }
        throw new IOException("process " + pid + " has ended");
    }

    /** Processor time of the compilers of a JVM; 0 for any other process. */
    static long compilerNanos(long pid) throws IOException {
        long nanos = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                nanos += isCompiler(thread) ? ranNanos(thread) : 0;
            }
        }
        return nanos;
    }

    private static boolean isCompiler(Path thread) throws IOException {
        return COMPILER.matcher(read(thread.resolve("comm"))).lookingAt();
    }

    private static long ranNanos(Path thread) throws IOException {
        String ranWaitedTimes = read(thread.resolve("schedstat"));
        return ranWaitedTimes.isEmpty() ? 0 : Long.parseLong(ranWaitedTimes, 0, ranWaitedTimes.indexOf(' '), 10);
    }

    /** Nothing for a thread that has ended: a JVM keeps as many compilers as it needs. */
    static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (IOException threadHasEnded) {
            return "";
        }
    }

    /** From {@code cpu user nice system idle iowait irq softirq steal …}: all but idle and iowait. */
    private static long readMachineNanos() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/stat"))) {
            List<String> fields = List.of(
                    lines.findFirst().orElseThrow().toLowerCase(Locale.ROOT).split(" +"));
            return NANOS_PER_TICK
                    * IntStream.of(1, 2, 3, 6, 7, 8)
                            .mapToLong(i -> Long.parseLong(fields.get(i)))
                            .sum();
        }
    }
}
