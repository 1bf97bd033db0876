package dev.tidewire.verification.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidewire.verification.Patience;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Another host, at the end of a cable: a network namespace of Linux that a pair of virtual interfaces joins to this one. Making it
 * takes root, iproute2 and nftables.
 */
final class FarHost implements AutoCloseable {
    private static final long PID = ProcessHandle.current().pid();
    /** A network of four addresses for each process, so that two at a time do not get in each other's way. */
    private static final String NETWORK = "10.213." + PID / 64 % 256 + ".";

    private static final int FIRST = (int) (PID % 64 * 4);
    private static final String HERE = NETWORK + (FIRST + 1);
    private static final String THERE = NETWORK + (FIRST + 2);

    private final String name = "tidewire-" + PID;
    private final String cable = "tw" + PID;
    private final List<Process> running = new ArrayList<>();

    private FarHost() {}

    /** Joins one to this host, and skips the test where that cannot be. */
    static FarHost join() throws IOException, InterruptedException {
        assumeTrue("root".equals(System.getProperty("user.name")), "network namespaces are root's to make");
        assumeTrue(isThere("ip") && isThere("nft"), "needs iproute2 and nftables");
        FarHost host = new FarHost();
        run("ip", "netns", "add", host.name);
        run("ip", "link", "add", host.cable, "type", "veth", "peer", "name", "far0", "netns", host.name);
        run("ip", "address", "add", HERE + "/30", "dev", host.cable);
        run("ip", "link", "set", host.cable, "up");
        host.runThere("ip", "address", "add", THERE + "/30", "dev", "far0");
        host.runThere("ip", "link", "set", "far0", "up");
        return host;
    }

    /** This end's address. */
    String here() {
        return HERE;
    }

    /** Loses so many of a hundred packets that arrive there. */
    void lose(int percent) throws IOException, InterruptedException {
        runThere("nft", "add table inet faults");
        runThere("nft", "add chain inet faults in { type filter hook input priority 0; }");
        runThere("nft", "add rule inet faults in numgen random mod 100 < " + percent + " drop");
    }

    /** From now on nothing arrives at either end, and nobody is told. */
    void cutCable() throws IOException, InterruptedException {
        runThere("ip", "link", "set", "far0", "down");
    }

    /** Starts a Java program there. */
    Process start(Class<?> program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "ip",
                "netns",
                "exec",
                name,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        running.add(process);
        return process;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        for (Process process : running) {
            process.destroyForcibly();
            Patience.until("the far program has ended", () -> !process.isAlive());
        }
        run("ip", "link", "delete", cable);
        run("ip", "netns", "delete", name);
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private void runThere(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
        command.addAll(List.of(words));
        run(command.toArray(String[]::new));
    }

    private static void run(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        String said;
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            said = output.readAllAsString();
        }
        assertThat(process.waitFor()).as("%s: %s", List.of(words), said).isZero();
    }
}
