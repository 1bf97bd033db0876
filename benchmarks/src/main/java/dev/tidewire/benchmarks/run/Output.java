package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs a command to its end. */
final class Output {
    private Output() {}

    /**
     * What it printed, on both streams.
     *
     * @throws IOException when it cannot be run, or fails
     */
    static String of(List<String> command) throws IOException, InterruptedException {
        try (Child child = Child.start(new ProcessBuilder(command).redirectErrorStream(true))) {
            String said = new String(child.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (child.process().waitFor() != 0) throw new IOException(command.getFirst() + " failed: " + said);
            return said.strip();
        } catch (IOException e) {
            Child.requireNotEnding();
            throw e;
        }
    }
}
