package dev.tidewire.cli;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
final class DemoTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private final BlockingQueue<String> printed = new LinkedBlockingQueue<>();
    private WebSocketServer server;

    @BeforeEach
    void start() {
        PrintWriter out = new PrintWriter(Writer.nullWriter()) {
            @Override
            public void println(String line) {
                printed.add(line);
            }
        };
        server = Demo.server(ServerOptions.of("127.0.0.1", 0), out);
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
        client.shutdownNow();
    }

    @Test
    void conversationIsPrintedAsItHappens() throws Exception {
        Received received = new Received();

        var socket = Received.connect(client, server.port(), "/", received);
        assertThat(printed.poll(10, SECONDS)).isEqualTo("connection open: 1");

        socket.sendText("hällo", true).join();
        assertThat(printed.poll(10, SECONDS)).isEqualTo("message: hällo");
        assertThat(received.next()).isEqualTo("text:[\"hello\",\"world\"]");

        socket.sendBinary(ByteBuffer.wrap(new byte[] {(byte) 0xfe, (byte) 0xed}), true)
                .join();
        assertThat(printed.poll(10, SECONDS)).isEqualTo("message: fe ed (2 bytes)");
        assertThat(received.next()).isEqualTo("text:[\"hello\",\"world\"]");

        socket.sendClose(1000, "bye").join();
        assertThat(printed.poll(10, SECONDS)).isEqualTo("connection close: 1");
        assertThat(received.next()).startsWith("close:1000");
    }

    @Test
    void pageIsHtmlThatRunsNothingButItsOwnScript() throws Exception {
        HttpResponse<String> page = request("GET", "/");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none';")
                .contains("script-src 'sha256-", "style-src 'sha256-")
                .contains("connect-src 'self' ws://127.0.0.1:" + server.port())
                .doesNotContain("unsafe");
        assertThat(page.body())
                .contains("id=\"state\"", "id=\"log\"", "id=\"connect\"")
                .contains("id=\"text\"", "id=\"send\"", "id=\"binary\"", "id=\"send-binary\"");
    }

    @Test
    void pageLoadsNothingFromElsewhere() throws Exception {
        String html = request("GET", "/index.html").body();

        assertThat(html).doesNotContain("src=", "@import", "url(").doesNotContainPattern("href=\"(?!data:)");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /, 200",
        "GET, /index.html, 200",
        "HEAD, /, 200",
        "GET, /?a=b, 200",
        "POST, /, 405",
        "PUT, /index.html, 405",
        "GET, /other, 404",
        "POST, /other, 404"
    })
    void pageIsAtTheRootAndOnlyToBeRead(String method, String target, int status) throws Exception {
        HttpResponse<String> response = request(method, target);

        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Allow").isPresent()).isEqualTo(status == 405);
        assertThat(response.body().isEmpty()).isEqualTo(method.equals("HEAD"));
    }

    private HttpResponse<String> request(String method, String target) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + target))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(Duration.ofSeconds(10))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
