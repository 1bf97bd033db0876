package dev.tidewire.verification.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs the scripts of {@code npm/}. What they need and is not there fails the test with the way to get it. */
final class NodeScript {
    private static final Path FOLDER = Path.of("npm").toAbsolutePath();
    private static final long PATIENCE_SECONDS = 90;

    private NodeScript() {}

    /** Runs a script to its end, which must be a good one. */
    static void run(String script, String... arguments) throws IOException, InterruptedException {
        run(Stream.concat(Stream.of("node", script), Stream.of(arguments)).toList());
    }

    /** Brings in the packages that the lock file names, unless they are there. */
    static void install() throws IOException, InterruptedException {
        Path installed = FOLDER.resolve("node_modules/.package-lock.json");
        Path wanted = FOLDER.resolve("package-lock.json");
        boolean current = Files.exists(installed)
                && Files.getLastModifiedTime(installed).compareTo(Files.getLastModifiedTime(wanted)) >= 0;
        if (!current) run(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("tidewire-node", ".txt");
        try {
            Process process = start(command, output);
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!ended) process.destroyForcibly().waitFor();
            String said = Files.readString(output, UTF_8);
            assertThat(ended).as("%s does not end: %s", command, said).isTrue();
            assertThat(process.exitValue()).as("%s: %s", command, said).isZero();
        } finally {
            Files.delete(output);
        }
    }

    private static Process start(List<String> command, Path output) {
        try {
            return new ProcessBuilder(command)
                    .directory(FOLDER.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
        } catch (IOException e) {
            throw new AssertionError(
                    command.getFirst()
                            + " cannot be run; install Node.js 20 or later with npm (Debian: nodejs and npm)",
                    e);
        }
    }
}
