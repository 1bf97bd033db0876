package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which processors the server and the load generator run on: the first and the second this process may use, so that neither takes
 * time from the other. Pinning needs {@code taskset}, and two processors.
 *
 * @param serverKernelThread the kernel's thread, under {@code /proc}, for the network's work on the server's processor, when pinned; who
 *     runs there caused that work
 * @param clientKernelThread likewise
 */
public record Cores(
        List<Integer> allowed, boolean pinned, Optional<Path> serverKernelThread, Optional<Path> clientKernelThread) {
    private static final String ALLOWED = "Cpus_allowed_list:";

    public static Cores find() throws IOException, InterruptedException {
        List<Integer> allowed = readAllowed();
        boolean pinned = allowed.size() > 1 && hasTaskset();
        return new Cores(
                allowed,
                pinned,
                pinned ? kernelThread(allowed.get(0)) : Optional.empty(),
                pinned ? kernelThread(allowed.get(1)) : Optional.empty());
    }

    private static Optional<Path> kernelThread(int processor) throws IOException {
        String name = "ksoftirqd/" + processor;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (Usage.read(process.resolve("comm")).strip().equals(name)) return Optional.of(process);
            }
        }
        return Optional.empty();
    }

    /** The command that runs another on the server's processor. */
    List<String> forServer() {
        return pinned ? List.of("taskset", "-c", Integer.toString(allowed.getFirst())) : List.of();
    }

    /** The command that runs another on every processor, whatever this process keeps to. */
    List<String> forAnyone() {
        String all = allowed.stream().map(String::valueOf).collect(Collectors.joining(","));
        return pinned ? List.of("taskset", "-c", all) : List.of();
    }

    /** Moves all threads of this process to the load generator's processor, with those they start. */
    void pinThisProcess() throws IOException, InterruptedException {
        if (!pinned) return;
        Output.of(List.of("taskset", "-a", "-p", "-c", allowed.get(1).toString(), Long.toString(pid())));
    }

    private static long pid() {
        return ProcessHandle.current().pid();
    }

    private static boolean hasTaskset() throws InterruptedException {
        try {
            return !Output.of(List.of("taskset", "--version")).isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /** Written as in {@code 0-3,8}. */
    private static List<Integer> readAllowed() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(ALLOWED))
                return parse(line.substring(ALLOWED.length()).strip());
        }
        throw new IOException("/proc/self/status has no " + ALLOWED);
    }

    private static List<Integer> parse(String list) {
        List<Integer> cores = new ArrayList<>();
        for (String range : list.split(",", -1)) {
            String[] ends = range.split("-", 2);
            IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]))
                    .forEach(cores::add);
        }
        return cores;
    }
}
