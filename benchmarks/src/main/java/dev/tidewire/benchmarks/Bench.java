package dev.tidewire.benchmarks;

import dev.tidewire.benchmarks.load.Sockets;
import dev.tidewire.benchmarks.report.Noise;
import dev.tidewire.benchmarks.report.Page;
import dev.tidewire.benchmarks.report.ResultFile;
import dev.tidewire.benchmarks.report.Results;
import dev.tidewire.benchmarks.report.Tables;
import dev.tidewire.benchmarks.run.Certificate;
import dev.tidewire.benchmarks.run.Comparison;
import dev.tidewire.benchmarks.run.Cores;
import dev.tidewire.benchmarks.run.Environment;
import dev.tidewire.benchmarks.run.ManyConnectionsRun;
import dev.tidewire.benchmarks.run.Peer;
import dev.tidewire.benchmarks.run.PeerBuild;
import dev.tidewire.benchmarks.run.Peers;
import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Sampling;
import dev.tidewire.benchmarks.run.WarmUp;
import dev.tidewire.benchmarks.run.Work;
import dev.tidewire.benchmarks.run.Works;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidewire bench}: measures Tidewire beside other servers. */
@Command(
        name = "tidewire bench",
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        description = {
            "Measures Tidewire beside other servers on this machine: each as a process of its own on one core, the load"
                    + " generator on another, round by round in changing order.",
            "Prints medians. A figure means something beside the others of the same run only."
        })
public final class Bench implements Callable<Integer> {
    private static final int MILLION = 1_000_000;

    private final Path root;

    @Option(names = "--quick", description = "A choice of works and peers, in about three minutes (default).")
    private boolean quick;

    @Option(names = "--full", description = "All works and peers, in over an hour.")
    private boolean full;

    @Option(names = "--peers", paramLabel = "NAME", split = ",", description = "Only these servers.")
    private Set<String> peers = new HashSet<>();

    @Option(names = "--work", paramLabel = "NAME", split = ",", description = "Only these works.")
    private Set<String> works = new HashSet<>();

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds (default: 1, with --full 5).")
    private @Nullable Integer rounds;

    @Option(names = "--seconds", paramLabel = "N", description = "Length of each sample (default: 1, with --full 2).")
    private @Nullable Double seconds;

    @Option(
            names = "--client",
            paramLabel = "NAME",
            description =
                    "How the load generator waits for sockets: ${COMPLETION-CANDIDATES} (default: EPOLL, and IO_URING where connections are short, if the system has them).")
    private Sockets.@Nullable Kind sockets;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of the load generator (default: ${DEFAULT-VALUE}).")
    private int threads = 1;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Where results go, after each sample (default: benchmarks/target/bench/results.json).")
    private @Nullable Path json;

    @Option(names = "--resume", description = "Measures only what that file has no good sample of.")
    private boolean resume;

    @Option(names = "--report", description = "Measures nothing, and prints what is in that file.")
    private boolean reportOnly;

    @Option(names = "--docs", description = "Puts the results into docs/benchmarks.md, with charts.")
    private boolean docs;

    @Option(
            names = "--many",
            paramLabel = "N",
            arity = "0..1",
            fallbackValue = "1000000",
            description =
                    "Opens so many connections in memory (default: a million, as with --full), and measures nothing else.")
    private @Nullable Integer many;

    @Option(names = "--list", description = "Lists the servers and the works.")
    private boolean list;

    @Spec
    private @Nullable CommandSpec command;

    private Bench(Path root) {
        this.root = root;
    }

    public static void main(String... arguments) {
        Path root = Path.of(System.getProperty("tidewire.root", "."))
                .toAbsolutePath()
                .normalize();
        System.exit(commandLine(root).execute(arguments));
    }

    static CommandLine commandLine(Path root) {
        return new CommandLine(new Bench(root))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((misuse, _) -> {
                    PrintWriter err = misuse.getCommandLine().getErr();
                    err.println("tidewire: " + misuse.getMessage());
                    err.println("'tidewire bench --help' shows what there is.");
                    return 2;
                })
                .setExecutionExceptionHandler((failure, line, _) -> {
                    // It is interrupted by the end of the process: whoever wanted that knows.
                    if (!(failure instanceof InterruptedException)) {
                        line.getErr().println("tidewire: " + failure.getMessage());
                    }
                    return 1;
                });
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        requireSense();
        Path target = root.resolve("benchmarks", "target", "bench");
        ResultFile file = new ResultFile(json != null ? json : target.resolve("results.json"));
        if (list) {
            list(new Peers(root, Certificate.in(target.resolve("certificate"))));
            return 0;
        }
        if (many != null) {
            out().println(ManyConnectionsRun.of(many));
            out().flush();
            return 0;
        }
        Results results = reportOnly ? read(file) : measure(target, file);
        report(results);
        if (docs) new Page(root.resolve("docs", "benchmarks.md")).write(results);
        return results.failures().isEmpty() ? 0 : 1;
    }

    private void requireSense() {
        if (quick && full) throw misuse("--quick and --full exclude each other");
        if (list) requireAlone("--list", Set.of());
        if (many != null) requireAlone("--many", Set.of());
        if (reportOnly) requireAlone("--report", Set.of("--json", "--docs"));
        requireWithin("--rounds", rounds, 1, 1_000);
        requireWithin("--seconds", seconds, 0.1, 3_600);
        requireWithin("--threads", threads, 1, 1_000);
        requireWithin("--many", many, 1, 10 * MILLION);
        requireKnown("work", works, Works.ALL.stream().map(Work::key).toList());
        if (json != null && (json.toString().isEmpty() || (Files.exists(json) && !Files.isRegularFile(json)))) {
            throw misuse("--json must be a file, was '" + json + "'");
        }
    }

    /** Refuses what would have no meaning beside it. */
    private void requireAlone(String option, Set<String> except) {
        for (OptionSpec given : commandLine().getParseResult().matchedOptions()) {
            String name = given.longestName();
            if (!name.equals(option) && !except.contains(name)) throw misuse(option + " takes no " + name);
        }
    }

    private void requireWithin(String option, @Nullable Number value, Number least, Number most) {
        if (value == null) return;
        boolean within = value.doubleValue() >= least.doubleValue() && value.doubleValue() <= most.doubleValue();
        if (!within) throw misuse(option + " must be " + least + " to " + most + ", was " + value);
    }

    private Results measure(Path target, ResultFile file) throws IOException, InterruptedException {
        Peers catalogue = new Peers(root, Certificate.in(target.resolve("certificate")));
        List<Peer> chosen = chosenPeers(catalogue);
        requireWritable(file);
        Cores cores = Cores.find();
        Results before = new Results(Environment.here(catalogue, cores));
        if (resume && file.exists()) before = before.goOnFrom(read(file));
        List<Peer> ready = new PeerBuild(root, err()::println).ready(chosen);
        AtomicReference<Results> results = new AtomicReference<>(before);
        new Comparison(
                        ready,
                        chosenWorks(),
                        rounds != null ? rounds : full ? 5 : 1,
                        sampling(),
                        threads,
                        sockets,
                        cores,
                        target.resolve("logs"),
                        before::contains,
                        sample -> {
                            print(sample);
                            save(results.updateAndGet(soFar -> soFar.with(sample)), file);
                        })
                .run();
        if (full && works.isEmpty() && before.manyConnections().isEmpty()) {
            err().println("a million connections in memory ...");
            String found = ManyConnectionsRun.of(MILLION);
            save(results.updateAndGet(soFar -> soFar.withManyConnections(found)), file);
        }
        return results.get();
    }

    private Results read(ResultFile file) throws IOException {
        try {
            return file.read();
        } catch (IOException e) {
            throw new IOException((reportOnly ? "--report: " : "--resume: ") + e.getMessage(), e);
        }
    }

    private static void requireWritable(ResultFile file) throws IOException {
        try {
            file.requireWritable();
        } catch (IOException e) {
            throw new IOException("--json: " + e.getMessage(), e);
        }
    }

    private static void save(Results results, ResultFile file) {
        try {
            file.write(results);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Sampling sampling() {
        Duration length = Duration.ofMillis((long) (1000 * (seconds != null ? seconds : full ? 2 : 1)));
        return full
                ? new Sampling(new WarmUp(Duration.ofSeconds(3), Duration.ofSeconds(20)), length, 3)
                : new Sampling(WarmUp.fixed(Duration.ofSeconds(1)), length, 1);
    }

    private List<Peer> chosenPeers(Peers catalogue) {
        requireKnown("peer", peers, catalogue.names());
        return catalogue.all().stream()
                .filter(peer -> peers.isEmpty() ? full || peer.quick() : peers.contains(peer.name()))
                .toList();
    }

    private List<Work> chosenWorks() {
        return Works.ALL.stream()
                .filter(work -> works.isEmpty() ? full || Works.QUICK.contains(work.key()) : works.contains(work.key()))
                .toList();
    }

    private void requireKnown(String what, Set<String> chosen, List<String> known) {
        for (String name : chosen) {
            if (!known.contains(name)) {
                throw misuse("no " + what + " '" + name + "', there are: " + String.join(", ", known));
            }
        }
    }

    private void list(Peers catalogue) {
        out().println("servers: " + String.join(", ", catalogue.names()));
        Works.ALL.forEach(work -> out().println(String.format(Locale.ROOT, "%-18s %s", work.key(), work.title())));
        out().flush();
    }

    private void print(Sample sample) {
        String figures = String.format(
                Locale.ROOT,
                "round %d  %-18s %-18s %,12.0f/s %12.3f µs %9.0f B",
                sample.round() + 1,
                sample.work(),
                sample.peer(),
                sample.perSecond(),
                sample.cpuMicros(),
                sample.bytesEach());
        err().println(figures + (sample.failure() == null ? "" : "  FAILED: " + sample.failure()));
    }

    private void report(Results results) {
        out().println(Page.environment(results.environment()));
        for (Work work : results.works()) {
            out().println("\n" + work.title() + "\n");
            out().print(Tables.of(results, work));
        }
        out().println(results.manyConnections());
        out().println("\nNumbers to reach\n");
        out().print(Tables.ofGoals(results, works.isEmpty() && peers.isEmpty()));
        results.failures()
                .forEach(sample ->
                        out().println("failed: " + sample.peer() + " at " + sample.work() + ": " + sample.failure()));
        Noise.warning(results).ifPresent(warning -> out().println("warning: " + warning));
        out().flush();
    }

    private PrintWriter out() {
        return commandLine().getOut();
    }

    private PrintWriter err() {
        return commandLine().getErr();
    }

    private ParameterException misuse(String sentence) {
        return new ParameterException(commandLine(), sentence);
    }

    private CommandLine commandLine() {
        return Objects.requireNonNull(command).commandLine();
    }
}
