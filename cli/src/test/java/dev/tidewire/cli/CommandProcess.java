package dev.tidewire.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command as a process of its own, which is ended with the test. */
record CommandProcess(Process process, BufferedReader out) implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("listens on \\S+?:(\\d+):");

    static CommandProcess start(Path err, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
        // A terminal's settings must not decide what becomes of the data.
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Dstdout.encoding=US-ASCII"));
        command.addAll(List.of("-cp", classPath(), Tidewire.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(Redirect.to(err.toFile()))
                .start();
        return new CommandProcess(process, process.inputReader(StandardCharsets.UTF_8));
    }

    /** The port in the line that a server prints first. */
    int port() throws IOException {
        String line = out.readLine();
        Matcher matcher = ADDRESS.matcher(String.valueOf(line));
        if (!matcher.find()) throw new AssertionError("no address in: " + line);
        return Integer.parseInt(matcher.group(1));
    }

    /** The exit code, or -1 when it does not end. */
    int exitCode() throws InterruptedException {
        return process.waitFor(20, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** What this test itself runs on, whether as modules or not. */
    private static String classPath() {
        return Stream.of("java.class.path", "jdk.module.path")
                .map(name -> System.getProperty(name, ""))
                .filter(path -> !path.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
    }
}
