package dev.tidewire.verification.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program that talks to a server, such as people have on their machines.
 *
 * @param words the program and its arguments
 * @param origin where the program comes from, for those who do not have it
 * @param environment variables to set besides those that are set
 */
record Command(List<String> words, String origin, Map<String, String> environment) {
    private static final Path HERE = Path.of("").toAbsolutePath();
    private static final long PATIENCE_SECONDS = 90;

    Command {
        words = List.copyOf(words);
        environment = Map.copyOf(environment);
    }

    /**
     * How it went.
     *
     * @param said what it printed, errors included, one character for each byte
     */
    record Outcome(int exitCode, String said) {}

    /** Runs it to its end, which must be a good one. */
    void succeed() throws IOException, InterruptedException {
        succeed(HERE);
    }

    /** Runs it in {@code folder} to its end, which must be a good one. */
    void succeed(Path folder) throws IOException, InterruptedException {
        Outcome outcome = run(folder, new byte[0]);
        assertThat(outcome.exitCode()).as("%s: %s", words, outcome.said()).isZero();
    }

    /** Runs it to its end with {@code input} as its standard input. */
    Outcome run(byte... input) throws IOException, InterruptedException {
        return run(HERE, input);
    }

    private Outcome run(Path folder, byte[] input) throws IOException, InterruptedException {
        Path output = Files.createTempFile("tidewire-command", ".txt");
        try {
            Process process = start(folder, output);
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input);
            }
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!ended) process.destroyForcibly().waitFor();
            var outcome = new Outcome(process.exitValue(), Files.readString(output, ISO_8859_1));
            assertThat(ended).as("%s does not end: %s", words, outcome.said()).isTrue();
            return outcome;
        } finally {
            Files.delete(output);
        }
    }

    private Process start(Path folder, Path output) {
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new AssertionError(words.getFirst() + " cannot be run; install " + origin, e);
        }
    }
}
