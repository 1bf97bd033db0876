package dev.tidewire.verification.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The demo's page in headless Chromium; {@code npm/browser.mjs} is the person in front of it. Screenshots go to
 * {@code target/screenshots}.
 */
class BrowserTest {
    private static final Path SCREENSHOTS = Path.of("target/screenshots").toAbsolutePath();

    @Test
    void aClickSendsAndTheReplyAppears() throws Exception {
        try (DemoProcess demo = DemoProcess.start()) {
            NodeScript.run("browser.mjs", chromium().toString(), demo.page(), SCREENSHOTS.toString());

            String open = demo.nextLine();
            assertThat(open).matches("connection open: \\d+");
            assertThat(demo.nextLine()).isEqualTo("message: hello from a browser");
            assertThat(demo.nextLine()).startsWith("message: ").contains("de ad be ef");
            assertThat(demo.nextLine()).isEqualTo(open.replace("open", "close"));
        }
    }

    static Path chromium() {
        String[] folders = System.getenv("PATH").split(File.pathSeparator);
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Arrays.stream(folders).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no Chromium on the PATH (Debian: chromium)"));
    }
}
