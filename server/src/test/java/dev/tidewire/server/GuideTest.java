package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.started;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the documents show, and a compiler alone does not know to be true. */
@ExtendWith(NoLeaks.class)
class GuideTest {
    private static final Path GUIDE = Path.of("../docs/guide.md");
    private static final Path TLS = Path.of("../docs/tls.md");
    private static final Path THIS = Path.of("src/test/java/dev/tidewire/server/GuideTest.java");

    @Test
    void aCompressionPolicyOfOnesOwn() throws IOException {
        // sample
        var smallContexts = DeflatePolicy.TAKEOVER
                .withServerMaxWindowBits(12) // what is sent refers to what was sent before, as far as 4 KiB back
                .withMemoryLevel(5)
                .withClientNoContextTakeover(true) // what is received does not
                .withMinMessageBytes(256);
        // end

        var options =
                ServerOptions.builder("127.0.0.1", 0).compression(smallContexts).build();
        try (var server = started(echo(options));
                RawClient client = connect(server)) {
            assertThat(client.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate")
                            .header("sec-websocket-extensions"))
                    .contains("permessage-deflate; client_no_context_takeover; server_max_window_bits=12");
        }
        assertThat(Files.readString(GUIDE)).contains("```java\n" + sample() + "\n```");
    }

    @Test
    void theBoringSslThatIsShownIsTheOneTheseTestsRunWith() throws IOException {
        String shown = Pattern.compile("<artifactId>(netty-tcnative-.+)</artifactId>\\s*<version>(.+)</version>")
                .matcher(Files.readString(TLS))
                .results()
                .map(dependency -> dependency.group(1) + "-" + dependency.group(2) + ".jar")
                .findFirst()
                .orElseThrow();

        assertThat(System.getProperty("java.class.path") + System.getProperty("jdk.module.path"))
                .contains(shown);
    }

    /** As it stands between its first and last lines. */
    private static String sample() throws IOException {
        return Files.readAllLines(THIS).stream()
                .dropWhile(line -> !line.strip().equals("// sample"))
                .skip(1)
                .takeWhile(line -> !line.strip().equals("// end"))
                .collect(Collectors.joining("\n"))
                .stripIndent();
    }
}
