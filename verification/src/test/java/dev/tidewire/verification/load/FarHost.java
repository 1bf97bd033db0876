package dev.tidewire.verification.load;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.verification.Patience;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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

    /** Before the process in the names of namespaces. */
    private static final String OURS = "tidewire-";

    private static final Path NAMESPACES = Path.of("/run/netns");
    private static final Path TUN = Path.of("/dev/net/tun");

    private final String name = OURS + PID;
    private final String cable = "tw" + PID;
    /** Carries the packets of a slow cable, unless the kernel can be slow by itself. */
    private @Nullable Process carrier;

    private FarHost() {}

    /** Joins one to this host, and skips the test where that cannot be. */
    static FarHost join() throws IOException, InterruptedException {
        assumeTrue("root".equals(System.getProperty("user.name")), "network namespaces are root's to make");
        assumeTrue(isThere("ip") && isThere("nft"), "needs iproute2 and nftables");
        removeLeftovers();
        FarHost host = new FarHost();
        run("ip", "netns", "add", host.name);
        run("ip", "link", "add", host.cable, "type", "veth", "peer", "name", "far0", "netns", host.name);
        host.switchOn();
        return host;
    }

    /** Joins one by a cable on which each packet takes so long, in either direction. */
    static FarHost join(Duration delay) throws IOException, InterruptedException {
        FarHost host = join();
        try {
            if (!host.slowDown(delay)) host.layCableOf(delay);
            return host;
        } catch (Throwable thrown) {
            host.close();
            throw thrown;
        }
    }

    /** This end's address. */
    String here() {
        return HERE;
    }

    /** A client there that is connected to {@code server} here. */
    RawClient connect(InetSocketAddress server) throws Exception {
        return NetworkNamespace.within(name, () -> RawClient.connect(server));
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

    @Override
    public void close() throws IOException, InterruptedException {
        if (carrier == null) {
            run("ip", "link", "delete", cable);
        } else {
            // The ends of the cable go with it.
            end(carrier);
        }
        run("ip", "netns", "delete", name);
    }

    /** Has the kernel hold packets back; not every kernel can. */
    private boolean slowDown(Duration delay) throws IOException, InterruptedException {
        String[] words = {"tc", "qdisc", "add", "dev", cable, "root", "netem", "delay", delay.toMillis() + "ms"};
        if (outcome(words).exitCode() != 0) return false;
        words[4] = "far0";
        runThere(words);
        return true;
    }

    /** Replaces the cable by one of TUN devices, with a program between them. */
    private void layCableOf(Duration delay) throws IOException, InterruptedException {
        assumeTrue(Files.exists(TUN) && isThere("python3"), () -> "needs netem, or " + TUN + " and python3");
        run("ip", "link", "delete", cable);
        String far = cable + "f";
        carrier = new ProcessBuilder("python3", "python/slow_cable.py", cable, far, "" + delay.toMillis())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        assertThat(carrier.inputReader(UTF_8).readLine()).isEqualTo("ready");
        run("ip", "link", "set", far, "netns", name, "name", "far0");
        switchOn();
    }

    private void switchOn() throws IOException, InterruptedException {
        run("ip", "address", "add", HERE + "/30", "dev", cable);
        run("ip", "link", "set", cable, "up");
        runThere("ip", "address", "add", THERE + "/30", "dev", "far0");
        runThere("ip", "link", "set", "far0", "up");
    }

    /** Removes the hosts of processes that were killed; their cables go with them. */
    private static void removeLeftovers() throws IOException, InterruptedException {
        if (!Files.isDirectory(NAMESPACES)) return;
        List<String> names;
        try (Stream<Path> namespaces = Files.list(NAMESPACES)) {
            names = namespaces
                    .map(namespace -> namespace.getFileName().toString())
                    .filter(name -> name.matches(OURS + "\\d+"))
                    .toList();
        }
        for (String name : names) {
            long pid = Long.parseLong(name.substring(OURS.length()));
            // Who is alive removes his own, and another one may have been faster than we are.
            if (ProcessHandle.of(pid).isEmpty()) outcome("ip", "netns", "delete", name);
        }
    }

    private static boolean isThere(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static void end(Process process) {
        process.destroyForcibly();
        Patience.until("what stands between the hosts has ended", () -> !process.isAlive());
    }

    private void runThere(String... words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", name));
        command.addAll(List.of(words));
        run(command.toArray(String[]::new));
    }

    private static void run(String... words) throws IOException, InterruptedException {
        Outcome outcome = outcome(words);
        assertThat(outcome.exitCode())
                .as("%s: %s", List.of(words), outcome.said())
                .isZero();
    }

    private static Outcome outcome(String... words) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        try (BufferedReader output = process.inputReader(UTF_8)) {
            return new Outcome(output.readAllAsString(), process.waitFor());
        }
    }

    private record Outcome(String said, int exitCode) {}
}
