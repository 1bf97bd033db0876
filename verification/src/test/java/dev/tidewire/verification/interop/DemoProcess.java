package dev.tidewire.verification.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code tidewire demo} on a free port, as a process of its own. */
final class DemoProcess implements AutoCloseable {
    private static final Pattern PAGE = Pattern.compile("http://\\S+:\\d+/?");

    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private DemoProcess(Process process) {
        this.process = process;
        Thread.ofVirtual().start(this::readLines);
    }

    static DemoProcess start() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = List.of(
                java,
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dslf4j.internal.verbosity=ERROR", // ArchUnit brings SLF4J along, which complains
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tidewire.cli.Tidewire",
                "demo",
                "--port",
                "0");
        return new DemoProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** The address in the first line that it prints. */
    String page() throws InterruptedException {
        String first = nextLine();
        Matcher page = PAGE.matcher(first);
        if (!page.find()) throw new AssertionError("the demo does not say where it listens: " + first);
        return page.group();
    }

    /** What it prints next. */
    String nextLine() throws InterruptedException {
        String line = lines.poll(30, TimeUnit.SECONDS);
        if (line == null) throw new AssertionError("the demo prints nothing more");
        return line;
    }

    @Override
    public void close() {
        process.destroy();
    }

    private void readLines() {
        try (BufferedReader output = process.inputReader(UTF_8)) {
            output.lines().forEach(lines::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
