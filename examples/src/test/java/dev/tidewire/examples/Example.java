package dev.tidewire.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An example run as a process of its own, which ends with the test. */
record Example(Process process, BufferedReader out) implements AutoCloseable {
    /** Runs a compiled example, or a source file as {@code java Hello.java} does. */
    static Example run(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-Dstdout.encoding=UTF-8", "-cp", System.getProperty("java.class.path"), program));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Example(process, process.inputReader(StandardCharsets.UTF_8));
    }

    /** What it prints next. */
    String line() throws IOException {
        return String.valueOf(out.readLine());
    }

    /** The port in the address that it prints first. */
    int port() throws IOException {
        String line = line();
        return Integer.parseInt(line.replaceFirst(".*127\\.0\\.0\\.1:(\\d+)/.*", "$1"));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
