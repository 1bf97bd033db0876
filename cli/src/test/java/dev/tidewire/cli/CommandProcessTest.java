package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only a process shows: exit codes, signals, and what reaches its streams when. */
@Timeout(60)
final class CommandProcessTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @AfterEach
    void stop() {
        client.shutdownNow();
    }

    @Test
    void demoPrintsEachThingWhenItHappensAndInUtf8() throws Exception {
        try (CommandProcess demo = CommandProcess.start(err(), "demo", "--port", "0")) {
            Received received = new Received();
            var socket = Received.connect(client, demo.port(), "/", received);
            assertThat(demo.out().readLine()).isEqualTo("connection open: 1");

            socket.sendText("grüße 🌊", true).join();
            assertThat(demo.out().readLine()).isEqualTo("message: grüße 🌊");
            assertThat(received.next()).isEqualTo("text:[\"hello\",\"world\"]");

            socket.sendClose(1000, "").join();
            assertThat(demo.out().readLine()).isEqualTo("connection close: 1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP"})
    void signalToEndClosesClientsWith1001AndIsSuccess(String signal) throws Exception {
        try (CommandProcess demo = CommandProcess.start(err(), "demo", "--port", "0")) {
            Received received = new Received();
            Received.connect(client, demo.port(), "/", received);
            assertThat(demo.out().readLine()).isEqualTo("connection open: 1");

            assumeHeard(signal);
            signal(demo, signal);

            assertThat(received.next()).startsWith("close:1001");
            assertThat(demo.exitCode()).isZero();
            assertThat(demo.out().readLine()).isEqualTo("connection close: 1");
            assertThat(errors()).isEmpty();
        }
    }

    /** As systemd sends both: the process sees them in the order of their numbers. */
    @Test
    void hangingUpTogetherWithTheSignalToEndIsNoMoreHasty() throws Exception {
        assumeHeard("HUP");
        try (CommandProcess demo = CommandProcess.start(err(), "demo", "--port", "0", "--shutdown-delay", "2")) {
            Received received = new Received();
            Received.connect(client, demo.port(), "/", received);
            assertThat(demo.out().readLine()).isEqualTo("connection open: 1");

            signal(demo, "STOP");
            signal(demo, "TERM");
            signal(demo, "HUP");
            signal(demo, "CONT");

            assertThat(received.next()).startsWith("close:1001");
            assertThat(demo.exitCode()).isZero();
        }
    }

    @Test
    void theRehearsalPlaysToItsEnd() throws Exception {
        try (CommandProcess rehearsal = CommandProcess.start(err(), "rehearse")) {
            assertThat(rehearsal.process().waitFor()).isZero(); // some seconds, more where others work too
            assertThat(errors()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "echo"})
    void portInUseIsOneSentenceAndExitCode1(String command) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            try (CommandProcess second = CommandProcess.start(err(), command, "--port", port)) {
                assertThat(second.exitCode()).isEqualTo(1);
                assertThat(errors())
                        .isEqualToNormalizingNewlines("tidewire: cannot listen on 127.0.0.1:" + port
                                + ": Address already in use (try another --port; 0 takes any free one)\n");
            }
        }
    }

    @Test
    void echoSaysWhatItRunsWith() throws Exception {
        try (CommandProcess echo = CommandProcess.start(
                err(),
                "echo",
                "--port",
                "0",
                "--dispatch",
                "event-loop",
                "--transport",
                "nio",
                "--threads",
                "1",
                "--compression",
                "--max-message-size",
                "2m")) {
            assertThat(echo.out().readLine())
                    .endsWith("(threads=1 dispatch=event-loop transport=nio max-message-size=2m max-fragments=131072"
                            + " compression=on)");
        }
    }

    @Test
    void connectSendsLinesUntilItsInputEnds() throws Exception {
        try (CommandProcess echo = CommandProcess.start(err(), "echo", "--port", "0");
                CommandProcess connect =
                        CommandProcess.start(err(), "connect", "ws://127.0.0.1:" + echo.port() + "/")) {
            try (var typed = connect.process().outputWriter(StandardCharsets.UTF_8)) {
                typed.write("first\nzweite ü\n");
            }

            assertThat(connect.out().readLine()).isEqualTo("first");
            assertThat(connect.out().readLine()).isEqualTo("zweite ü");
            assertThat(connect.exitCode()).isZero();
            assertThat(errors()).contains("closed: code 1000");
        }
    }

    @Test
    void connectTellsTheCodeWithWhichTheServerCloses() throws Exception {
        Path demoErr = folder.resolve("demo-err");
        try (CommandProcess demo = CommandProcess.start(demoErr, "demo", "--port", "0");
                CommandProcess connect =
                        CommandProcess.start(err(), "connect", "ws://127.0.0.1:" + demo.port() + "/")) {
            assertThat(demo.out().readLine()).isEqualTo("connection open: 1");

            signal(demo, "TERM");

            assertThat(connect.exitCode()).isZero();
            assertThat(errors()).contains("closed: code 1001");
        }
    }

    private static void signal(CommandProcess target, String signal) throws IOException, InterruptedException {
        String pid = Long.toString(target.process().pid());
        assertThat(new ProcessBuilder("kill", "-" + signal, pid).start().waitFor())
                .isZero();
    }

    /** A process does not hear what the one that started it ignores: SIGHUP under nohup, SIGINT in the background of a script. */
    private static void assumeHeard(String signal) throws IOException {
        int number = switch (signal) {
            case "HUP" -> 1;
            case "INT" -> 2;
            default -> 15;
        };
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) return;
        String ignored = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElseThrow();
        long mask = Long.parseUnsignedLong(ignored.substring("SigIgn:".length()).strip(), 16);
        assumeThat(mask >> (number - 1) & 1).as("%s is ignored", signal).isZero();
    }

    private Path err() {
        return folder.resolve("err");
    }

    private String errors() throws IOException {
        return Files.readString(err());
    }
}
