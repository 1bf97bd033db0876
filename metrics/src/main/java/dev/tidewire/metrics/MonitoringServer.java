package dev.tidewire.metrics;

import static dev.tidewire.server.HttpServer.REQUEST;

import dev.tidewire.server.HttpServer;
import dev.tidewire.server.Server;
import dev.tidewire.server.ServerStats;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.options.ServerOptions;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;

/**
 * Shows a server to Prometheus and to health probes, on a port and an event loop of its own, so that it answers also when the server
 * is stuck or going away: {@code /metrics}, {@code /health/live} and {@code /health/ready}. It is for those who run the server, not
 * for its clients: anybody who can connect may read.
 *
 * <p>Needs {@code io.micrometer:micrometer-registry-prometheus}, which this module does not bring.
 */
public final class MonitoringServer implements AutoCloseable {
    /** A loop that is held for this long does not come back by itself. */
    private static final Duration DEADLOCK = Duration.ofSeconds(30);

    private static final int MAX_CONNECTIONS = 64;
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private final Server observed;
    private final Snapshot snapshot;
    private final PrometheusMeterRegistry registry;
    private final ServerMetrics metrics;
    private final HttpServer http;

    /** @param metrics closed with this */
    private MonitoringServer(
            Server observed, String host, int port, PrometheusMeterRegistry registry, ServerMetrics metrics) {
        this.observed = observed;
        this.registry = registry;
        this.metrics = metrics;
        snapshot = new Snapshot(observed);
        ServerOptions options = ServerOptions.builder(host, port)
                .threads(1)
                .maxConnections(MAX_CONNECTIONS)
                .build();
        http = new HttpServer(options).on(REQUEST, this::answer);
    }

    /**
     * Shows {@code observed}, which may be started later, with a registry that holds nothing else.
     *
     * @throws java.io.UncheckedIOException naming host and port when they cannot be listened on
     */
    public static MonitoringServer start(Server observed, String host, int port) {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ServerMetrics metrics = new ServerMetrics(observed);
        metrics.bindTo(registry);
        return start(observed, host, port, registry, metrics);
    }

    /** {@link #start(Server, String, int)} with all that is in {@code registry}, where the application binds what it likes. */
    public static MonitoringServer start(Server observed, String host, int port, PrometheusMeterRegistry registry) {
        return start(observed, host, port, registry, new ServerMetrics(observed));
    }

    static MonitoringServer start(
            Server observed, String host, int port, PrometheusMeterRegistry registry, ServerMetrics metrics) {
        MonitoringServer monitoring = new MonitoringServer(observed, host, port, registry, metrics);
        try {
            monitoring.http.start();
            return monitoring;
        } catch (RuntimeException | Error failure) {
            metrics.close();
            throw failure;
        }
    }

    /** The port it listens on. */
    public int port() {
        return http.port();
    }

    /** Ends it; the server it shows goes on, and is no longer measured for it. */
    @Override
    public void close() {
        http.close();
        metrics.close();
    }

    private void answer(HttpRequest request, HttpResponse response) {
        if (!request.method().equals("GET") && !request.method().equals("HEAD")) {
            response.status(405).header("Allow", "GET, HEAD").end("method not allowed: use GET\n");
            return;
        }
        switch (request.path()) {
            case "/metrics" -> response.header("Content-Type", PROMETHEUS_TEXT).end(registry.scrape());
            case "/health/live" -> tell(response, whyNotLive());
            case "/health/ready" ->
                tell(response, observed.isReady() ? "" : "the server has not started, or has begun to end");
            default -> response.status(404).end("there are /metrics, /health/live and /health/ready\n");
        }
    }

    private static void tell(HttpResponse response, String trouble) {
        response.status(trouble.isEmpty() ? 200 : 503)
                .header("Cache-Control", "no-store")
                .end(trouble.isEmpty() ? "ok\n" : trouble + "\n");
    }

    /** Empty while there is nothing that only a new start would mend. */
    private String whyNotLive() {
        ServerStats stats = snapshot.stats();
        if (stats == null || stats.loopLag().compareTo(DEADLOCK) < 0) return "";
        return "an event loop has been held for " + stats.loopLag().toSeconds() + " s";
    }
}
