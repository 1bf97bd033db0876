package dev.tidewire.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MonitoringServerTest {
    private final WebSocketServer server = new WebSocketServer(
                    ServerOptions.builder("127.0.0.1", 0).build())
            .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()));
    private final MonitoringServer monitoring = MonitoringServer.start(server, "127.0.0.1", 0);
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void end() {
        client.shutdownNow();
        server.close();
        monitoring.close();
    }

    private HttpResponse<String> ask(String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + monitoring.port() + path))
                .method(method, BodyPublishers.noBody())
                .build();
        try {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void prometheusReadsText() {
        server.start();
        HttpResponse<String> response = ask("GET", "/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body())
                .contains("# TYPE tidewire_connections_open gauge")
                .contains("tidewire_connections_opened_total 0.0")
                .contains("tidewire_connections_closed_total{code=\"1001\",initiator=\"server\"} 0.0")
                .contains("tidewire_messages_total{direction=\"in\"} 0.0")
                .contains("tidewire_loop_lag_seconds_bucket{le=\"0.005\"}");
    }

    @Test
    void itIsReadyFromTheServersStartToItsEndAndLiveAllTheTime() {
        assertThat(ask("GET", "/health/ready").statusCode()).isEqualTo(503);
        assertThat(ask("GET", "/health/live").body()).isEqualTo("ok\n");
        server.start();
        assertThat(ask("GET", "/health/ready").body()).isEqualTo("ok\n");
        assertThat(ask("HEAD", "/health/ready").statusCode()).isEqualTo(200);
        try (RawClient guest = RawClient.connect(server.localAddress())) {
            guest.upgrade();
            Thread end = Thread.startVirtualThread(() -> server.shutdown(Duration.ofSeconds(20)));
            guest.expectClose(1001);

            HttpResponse<String> leaving = ask("GET", "/health/ready");
            assertThat(leaving.statusCode()).isEqualTo(503);
            assertThat(leaving.body()).isEqualTo("the server has not started, or has begun to end\n");
            assertThat(ask("GET", "/health/live").statusCode()).isEqualTo(200);
            guest.sendClose(1001).expectEof();
            guest.close();
            end.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void nothingElseIsThere() {
        assertThat(ask("GET", "/").statusCode()).isEqualTo(404);
        assertThat(ask("POST", "/metrics").statusCode()).isEqualTo(405);
    }

    @Test
    void aPortThatIsTakenIsNamed() {
        int taken = monitoring.port();
        assertThatThrownBy(() -> MonitoringServer.start(server, "127.0.0.1", taken))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("cannot listen on 127.0.0.1:" + taken);
    }

    @Test
    void theServerIsNotMeasuredForOneThatDidNotStartOrHasEnded() {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        int taken = monitoring.port();
        ServerMetrics first = bound(registry);
        assertThatThrownBy(() -> MonitoringServer.start(server, "127.0.0.1", taken, registry, first))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(registry.getMeters()).isEmpty();

        ServerMetrics second = bound(registry);
        MonitoringServer.start(server, "127.0.0.1", 0, registry, second).close();
        assertThat(registry.getMeters()).isEmpty();
    }

    private ServerMetrics bound(PrometheusMeterRegistry registry) {
        ServerMetrics metrics = new ServerMetrics(server);
        metrics.bindTo(registry);
        return metrics;
    }
}
