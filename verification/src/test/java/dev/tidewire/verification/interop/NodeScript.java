package dev.tidewire.verification.interop;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs the scripts of {@code npm/}. What they need and is not there fails the test with the way to get it. */
final class NodeScript {
    private static final Path FOLDER = Path.of("npm").toAbsolutePath();

    private NodeScript() {}

    /** Runs a script to its end, which must be a good one. */
    static void run(String script, String... arguments) throws IOException, InterruptedException {
        run(Map.of(), script, arguments);
    }

    /** Runs a script that trusts this authority besides those that Node.js knows. */
    static void runTrusting(Authority authority, String script, String... arguments)
            throws IOException, InterruptedException {
        run(Map.of("NODE_EXTRA_CA_CERTS", authority.certificate().toString()), script, arguments);
    }

    /** Brings in the packages that the lock file names, unless they are there; one process at a time. */
    static void install() throws IOException, InterruptedException {
        Path wanted = FOLDER.resolve("package-lock.json");
        try (FileChannel file = FileChannel.open(wanted, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock _ = file.lock()) {
            installUnlessCurrent(wanted);
        }
    }

    private static void installUnlessCurrent(Path wanted) throws IOException, InterruptedException {
        Path installed = FOLDER.resolve("node_modules/.package-lock.json");
        boolean current = Files.exists(installed)
                && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(wanted)) >= 0;
        if (!current) run(Map.of(), List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
    }

    private static void run(Map<String, String> environment, String script, String... arguments)
            throws IOException, InterruptedException {
        run(
                environment,
                Stream.concat(Stream.of("node", script), Stream.of(arguments)).toList());
    }

    private static void run(Map<String, String> environment, List<String> words)
            throws IOException, InterruptedException {
        new Command(words, "Node.js 20 or later with npm (Debian: nodejs and npm)", environment).succeed(FOLDER);
    }
}
