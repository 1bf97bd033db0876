package dev.tidewire.verification.load;

import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server whose process may open few files, and that was told to take any number of connections. */
@EnabledOnOs(OS.LINUX)
class OutOfDescriptorsTest {
    private static final int DESCRIPTORS = 200;
    private static final int PEERS = 300;

    @ParameterizedTest
    @EnumSource(names = {"IO_URING", "EPOLL", "NIO"})
    void peersThatCannotBeAcceptedAreClosedAndTheOthersAreServed(Transport transport) throws IOException {
        Process process = start(transport);
        List<RawClient> served = new ArrayList<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            var server = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(lines.readLine()));
            greet(server, served);
            // Loads what it takes to answer, while files can still be opened for it.
            served.getFirst().sendMessage("hello").expectText("hello");
            for (int i = 1; i < PEERS; i++) {
                greet(server, served);
            }
            assertThat(served).hasSizeBetween(10, DESCRIPTORS);
            served.forEach(client -> client.sendMessage("still here").expectText("still here"));

            served.removeLast().close();
            int before = served.size();
            for (int i = 0; i < 100 && served.size() == before; i++) {
                greet(server, served);
            }
            assertThat(served).hasSize(before + 1);
        } finally {
            served.forEach(RawClient::close);
            process.destroyForcibly();
        }
    }

    /** Adds a client that is served to {@code served}; one that is not must hear so soon, as end or as reset. */
    private static void greet(InetSocketAddress server, List<RawClient> served) {
        RawClient client = RawClient.connect(server).timeout(Duration.ofSeconds(20));
        try {
            client.upgrade();
            served.add(client);
        } catch (java.io.UncheckedIOException closed) {
            client.close();
        } catch (AssertionError ended) {
            assertThat(ended).hasMessageContaining("ended");
            client.close();
        }
    }

    private static Process start(Transport transport) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String limited = "ulimit -n " + DESCRIPTORS + " && exec \"$0\" \"$@\"";
        return new ProcessBuilder(List.of(
                        "sh",
                        "-c",
                        limited,
                        java,
                        "--sun-misc-unsafe-memory-access=allow",
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Unlimited.class.getName(),
                        transport.name()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** The server's process. */
    static final class Unlimited {
        public static void main(String[] arguments) {
            var options = ServerOptions.builder("127.0.0.1", 0)
                    .transport(Transport.valueOf(arguments[0]))
                    .maxConnections(0)
                    .build();
            var server = new WebSocketServer(options).on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()));
            server.start();
            IO.println(server.port());
        }
    }
}
