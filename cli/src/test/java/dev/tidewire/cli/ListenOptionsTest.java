package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ListenOptionsTest {
    @TempDir
    private Path folder;

    @Test
    void echoListensOnAUnixDomainSocket() throws Exception {
        Path socket = folder.resolve("x.sock");
        try (CommandProcess echo = CommandProcess.start(folder.resolve("err"), "echo", "--unix", socket.toString())) {
            assertThat(echo.out().readLine())
                    .startsWith("tidewire echo listens on unix:" + socket + ": ws+unix:" + socket + " (");
            try (RawClient client = RawClient.connect(UnixDomainSocketAddress.of(socket))) {
                client.upgrade();
                client.sendMessage("hello").expectText("hello");
            }
        }
    }

    @Test
    void twoProcessesShareAPortThatBothSayTheyShare() throws Exception {
        try (CommandProcess first =
                CommandProcess.start(folder.resolve("err1"), "echo", "--port", "0", "--reuse-port")) {
            int port = first.port();
            try (CommandProcess second = CommandProcess.start(
                    folder.resolve("err2"), "echo", "--port", Integer.toString(port), "--reuse-port")) {
                assertThat(second.port()).isEqualTo(port);
            }
        }
    }
}
