package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** What a figure says nothing without. */
public record Environment(
        String date,
        String commit,
        String processor,
        int processors,
        String memory,
        String kernel,
        String java,
        String cores,
        String peers) {

    /** This machine, now, and the source tree of the peers. */
    public static Environment here(Peers peers, Cores cores) throws IOException, InterruptedException {
        return new Environment(
                LocalDate.now(ZoneOffset.UTC).toString(),
                commit(peers.root()),
                field("/proc/cpuinfo", "model name"),
                cores.allowed().size(),
                field("/proc/meminfo", "MemTotal"),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version"),
                cores.pinned()
                        ? "server on core " + cores.allowed().getFirst() + ", load generator on core "
                                + cores.allowed().get(1)
                        : "not pinned",
                Versions.of(peers));
    }

    private static String commit(Path root) throws InterruptedException {
        try {
            return Output.of(List.of("git", "-C", root.toString(), "describe", "--always", "--dirty"));
        } catch (IOException e) {
            return "unknown"; // not a clone, or no git
        }
    }

    private static String field(String file, String name) throws IOException {
        for (String line : Files.readAllLines(Path.of(file))) {
            String[] halves = line.split(":", 2);
            if (halves.length == 2 && halves[0].strip().equals(name)) return halves[1].strip();
        }
        return "unknown";
    }
}
