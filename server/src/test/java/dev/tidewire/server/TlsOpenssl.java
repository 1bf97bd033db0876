package dev.tidewire.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** The {@code openssl} command, which the TLS tests need: it writes keys and speaks TLS as nothing here does. */
final class TlsOpenssl {
    private TlsOpenssl() {}

    /** What it prints, on both outputs, until it ends. */
    static String run(String arguments) {
        return run(arguments, "");
    }

    /** {@link #run(String)} with this for it to read. */
    static String run(String arguments, String input) {
        try {
            Process process = new ProcessBuilder(words("openssl " + arguments))
                    .redirectErrorStream(true)
                    .start();
            try (var toProcess = process.getOutputStream()) {
                toProcess.write(input.getBytes(UTF_8));
            }
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            process.waitFor();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run openssl, which these tests need: is it installed?", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> words(String command) {
        return List.of(command.split(" "));
    }
}
