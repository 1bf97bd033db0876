package dev.tidewire.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ExamplesTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        client.shutdownNow();
    }

    @Test
    void helloGreetsWhoeverSaysSomething(@TempDir Path folder) throws Exception {
        int port = unusedPort();
        // The program as it stands, but for its port: another program may have that one here.
        String source = Files.readString(Path.of("hello/Hello.java"));
        Path hello = Files.writeString(folder.resolve("Hello.java"), source.replace("9502", Integer.toString(port)));
        try (Example example = Example.run(hello.toString())) {
            Visitor visitor = visitorOf(example, port);
            assertThat(example.line()).isEqualTo("connection open: 1");

            visitor.say("grüß dich");
            assertThat(example.line()).isEqualTo("message: grüß dich");
            assertThat(visitor.hears()).isEqualTo("[\"hello\",\"world\"]");

            visitor.leave();
            assertThat(example.line()).isEqualTo("connection close: 1");
        }
    }

    @Test
    void helloIsTheProgramOfTheReadme() throws IOException {
        String hello = Files.readString(Path.of("hello/Hello.java"));
        assertThat(Files.readString(Path.of("../README.md"))).contains("```java\n" + hello + "```\n");
    }

    @Test
    void echoSendsBackTextAsTextAndBinaryAsBinary() throws Exception {
        try (Example example = Example.run("Echo", "0")) {
            Visitor visitor = new Visitor(client, example.port(), "/");

            visitor.say("one");
            visitor.sayInBinary("two");

            assertThat(visitor.hears()).isEqualTo("one");
            assertThat(visitor.hears()).isEqualTo("binary two");
        }
    }

    @Test
    void chatTellsEveryoneWhoComesWhatIsSaidAndWhoGoes() throws Exception {
        try (Example example = Example.run("Chat", "0")) {
            int port = example.port();
            Visitor ada = new Visitor(client, port, "/?name=Ada");
            assertThat(ada.hears()).isEqualTo("Ada is here");
            Visitor guest = new Visitor(client, port, "/");
            assertThat(ada.hears()).isEqualTo("guest 2 is here");
            assertThat(guest.hears()).isEqualTo("guest 2 is here");

            guest.say("hi");
            assertThat(ada.hears()).isEqualTo("guest 2: hi");
            assertThat(guest.hears()).isEqualTo("guest 2: hi");

            ada.leave();
            assertThat(guest.hears()).isEqualTo("Ada has left");
        }
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Hello does not say when it listens, so whoever comes too early comes again. */
    private Visitor visitorOf(Example example, int port) {
        while (example.process().isAlive()) {
            try {
                return new Visitor(client, port, "/");
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof ConnectException)) throw e;
                Thread.onSpinWait();
            }
        }
        throw new AssertionError("the example ended with " + example.process().exitValue());
    }
}
