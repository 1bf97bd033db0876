package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command offers those who run it. */
@Timeout(60)
final class OperationTest {
    @TempDir
    private Path folder;

    @Test
    void metricsAndHealthHaveAPortOfTheirOwn() throws Exception {
        try (CommandProcess echo =
                        CommandProcess.start(folder.resolve("err"), "echo", "--port", "0", "--metrics-port", "0");
                HttpClient client = HttpClient.newHttpClient()) {
            echo.port();
            String line = echo.out().readLine();
            assertThat(line)
                    .matches("metrics and health: http://127\\.0\\.0\\.1:\\d+/metrics"
                            + " http://127\\.0\\.0\\.1:\\d+/health/live http://127\\.0\\.0\\.1:\\d+/health/ready");
            String[] urls = line.substring("metrics and health: ".length()).split(" ", 3);

            assertThat(ask(client, urls[0])).contains("tidewire_connections_open 0.0");
            assertThat(ask(client, urls[1])).isEqualTo("ok\n");
            assertThat(ask(client, urls[2])).isEqualTo("ok\n");
        }
    }

    @Test
    void besideAUnixSocketTheyAreOnTheLoopback() throws Exception {
        String socket = folder.resolve("socket").toString();
        try (CommandProcess echo =
                        CommandProcess.start(folder.resolve("err"), "echo", "--unix", socket, "--metrics-port", "0");
                HttpClient client = HttpClient.newHttpClient()) {
            echo.out().readLine();
            String line = echo.out().readLine();
            assertThat(line).matches("metrics and health: http://127\\.0\\.0\\.1:\\d+/metrics .*");
            assertThat(ask(client, line.split(" ", 6)[4])).isEqualTo("ok\n");
        }
    }

    @Test
    void aConnectionOverTheLimitGets503() throws Exception {
        try (CommandProcess demo =
                CommandProcess.start(folder.resolve("err"), "demo", "--port", "0", "--max-connections", "1")) {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), demo.port());
            try (RawClient first = RawClient.connect(address)) {
                first.upgrade(); // it has the only place before the second one comes
                try (RawClient second = RawClient.connect(address)) {
                    second.sendText(RawClient.upgradeRequest("/"));

                    assertThat(second.readHttpResponse().status()).isEqualTo(503);
                }
            }
        }
    }

    private static String ask(HttpClient client, String url) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
                .body();
    }

    @Test
    void aMetricsPortThatIsTakenIsOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Path err = folder.resolve("err");
            try (CommandProcess echo = CommandProcess.start(err, "echo", "--port", "0", "--metrics-port", port)) {
                assertThat(echo.exitCode()).isEqualTo(1);
                assertThat(Files.readString(err))
                        .isEqualToNormalizingNewlines("tidewire: cannot listen on 127.0.0.1:" + port
                                + ": Address already in use (try another --metrics-port)\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--metrics-port, -1, '--metrics-port must be 0 to 65535, was -1'",
        "--metrics-port, 65536, '--metrics-port must be 0 to 65535, was 65536'",
        "--shutdown-timeout, -1, '--shutdown-timeout must be 0 to 86400 seconds, was -1'",
        "--shutdown-timeout, 86401, '--shutdown-timeout must be 0 to 86400 seconds, was 86401'"
    })
    void valuesThatMakeNoSenseAreNamed(String option, String value, String sentence) throws Exception {
        Path err = folder.resolve("err");
        try (CommandProcess echo = CommandProcess.start(err, "echo", "--port", "0", option, value)) {
            assertThat(echo.exitCode()).isEqualTo(2);
            assertThat(Files.readString(err)).contains(sentence);
        }
    }

    @Test
    void aSecondSignalEndsItAtOnce() throws Exception {
        Path err = folder.resolve("err");
        try (CommandProcess demo = CommandProcess.start(err, "demo", "--port", "0", "--shutdown-timeout", "86400");
                RawClient stays =
                        RawClient.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), demo.port()))) {
            stays.upgrade();
            assertThat(demo.out().readLine()).isEqualTo("connection open: 1");

            kill(demo);
            stays.expectClose(1001);
            kill(demo);

            assertThat(demo.exitCode()).isEqualTo(128 + 15);
        }
    }

    private static void kill(CommandProcess target) throws Exception {
        String pid = Long.toString(target.process().pid());
        assertThat(new ProcessBuilder("kill", "-TERM", pid).start().waitFor()).isZero();
    }
}
