package dev.tidewire.verification.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What systemd does for a service with a socket, done by a few lines of Python. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class SystemdSocketTest {
    /** Listens as its first argument says, blocking as systemd's sockets are, and becomes the program of the others. */
    private static final String SYSTEMD = """
            import os, socket, sys
            where = sys.argv[1]
            if where:
                listening = socket.socket(socket.AF_UNIX)
                listening.bind(where)
            else:
                listening = socket.socket()
                listening.bind(("127.0.0.1", 0))
            if sys.argv[2] == "listen":
                listening.listen(16)
            os.dup2(listening.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web")
            os.execv(sys.argv[3], sys.argv[3:])
            """;

    private static final Pattern PORT = Pattern.compile("listens on 127\\.0\\.0\\.1:(\\d+): .* transport=epoll ");

    @TempDir
    private Path folder;

    @Test
    void aServerGoesOnWithASocketThatSystemdMade() throws Exception {
        try (Service service = Service.start("", "listen", "--systemd", "web", "--threads", "1")) {
            String said = service.line();
            Matcher port = PORT.matcher(said);
            assertThat(port.find()).as(said).isTrue();
            var server = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port.group(1)));
            // The loop must not wait in accept for the next one.
            for (int i = 0; i < 3; i++) converse(RawClient.connect(server));
        }
    }

    @Test
    void theSocketMayBeAFile() throws Exception {
        Path socket = folder.resolve("x.sock");
        try (Service service = Service.start(socket.toString(), "listen", "--systemd", "--threads", "1")) {
            assertThat(service.line()).contains("listens on unix:" + socket + ": ws+unix:" + socket);
            for (int i = 0; i < 3; i++) converse(RawClient.connect(UnixDomainSocketAddress.of(socket)));
        }
        assertThat(socket).as("it is systemd's").exists();
    }

    @Test
    void aSocketThatDoesNotListenIsRefused() throws Exception {
        try (Service service = Service.start("", "bound", "--systemd")) {
            assertThat(service.line())
                    .contains("cannot listen on systemd:: descriptor 3 is no socket that accepts connections");
        }
    }

    @Test
    void aTransportThatCannotSaysSo() throws Exception {
        try (Service service = Service.start("", "listen", "--systemd", "--transport", "nio")) {
            assertThat(service.line()).contains("transport nio cannot take over a socket of systemd, epoll can");
        }
    }

    private static void converse(RawClient client) {
        try (client) {
            client.upgrade();
            client.sendMessage("hello").expectText("hello");
        }
    }

    /** {@code tidewire echo} with such a socket. */
    private record Service(Process process, BufferedReader output) implements AutoCloseable {
        static Service start(String where, String state, String... arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of("python3", "-c", SYSTEMD, where, state));
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of(
                    "--sun-misc-unsafe-memory-access=allow",
                    "--enable-native-access=ALL-UNNAMED",
                    "-Dslf4j.internal.verbosity=ERROR",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.tidewire.cli.Tidewire",
                    "echo"));
            command.addAll(List.of(arguments));
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            return new Service(process, process.inputReader(UTF_8));
        }

        /** What it prints next. */
        String line() throws IOException {
            return String.valueOf(output.readLine());
        }

        @Override
        public void close() throws Exception {
            process.destroy();
            process.waitFor();
        }
    }
}
