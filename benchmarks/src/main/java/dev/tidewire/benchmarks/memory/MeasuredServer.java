package dev.tidewire.benchmarks.memory;

import static dev.tidewire.server.WebSocketServer.MESSAGE;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An echo server in a process of its own that says how much memory it takes. */
final class MeasuredServer implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final int port;

    private MeasuredServer(Process process) throws IOException {
        this.process = process;
        this.answers = process.inputReader(StandardCharsets.UTF_8);
        this.port = Integer.parseInt(answer());
    }

    static MeasuredServer start(Variant variant) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseSerialGC",
                "-Xms256m",
                "-Xmx256m",
                "-XX:+AlwaysPreTouch",
                "-cp",
                System.getProperty("java.class.path"),
                MeasuredServer.class.getName(),
                variant.name());
        return new MeasuredServer(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    int port() {
        return port;
    }

    /** What it takes now. */
    Footprint footprint() throws IOException {
        process.outputWriter(StandardCharsets.UTF_8).append("measure\n").flush();
        return Footprint.parse(answer());
    }

    @Override
    public void close() {
        process.destroy();
    }

    private String answer() throws IOException {
        String line = answers.readLine();
        if (line == null) throw new IOException("the server has ended");
        return line;
    }

    /** Serves until its standard input ends, and answers each line of it with a {@link Footprint}. */
    static void main(String[] arguments) throws IOException {
        var options = ServerOptions.builder("127.0.0.1", 0)
                .keepAliveTimeout(Duration.ofHours(1)) // no pings while we look
                .compression(Variant.valueOf(arguments[0]).policy())
                .build();
        try (var server = new WebSocketServer(options);
                var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.bytes(), frame.opcode(), true));
            server.start();
            IO.println(server.port());
            while (questions.readLine() != null) {
                IO.println(Footprint.now().line());
            }
        }
    }
}
