package dev.tidewire.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options of a server for those who run it: what it shows of itself, and how it ends. */
final class Operation {
    private static final int NONE = -1;
    private static final int MAX_PORT = 65_535;
    private static final int DAY_SECONDS = 86_400;

    private int metricsPort = NONE;
    private Duration shutdownTimeout = Duration.ofSeconds(10);
    private Duration shutdownDelay = Duration.ZERO;

    @Option(
            names = "--access-log",
            description = "Log a line for each connection that has ended: close code, duration, bytes, messages.")
    private boolean accessLog;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description =
                    "Port for /metrics (Prometheus), /health/live and /health/ready, 0 for any free one. It is on the"
                            + " same host and open to whoever can connect (default: none).")
    void metricsPort(int port) {
        Misuse.requireWithin(command, "--metrics-port", port, 0, MAX_PORT, "");
        metricsPort = port;
    }

    @Option(
            names = "--shutdown-timeout",
            paramLabel = "SECONDS",
            description =
                    "How long connections have to go when SIGTERM or SIGINT ends the server: they are told in batches over"
                            + " the first half of it, and their messages are handled; 0 cuts them off (default: 10).")
    void shutdownTimeout(int seconds) {
        Misuse.requireWithin(command, "--shutdown-timeout", seconds, 0, DAY_SECONDS, "");
        shutdownTimeout = Duration.ofSeconds(seconds);
    }

    @Option(
            names = "--shutdown-delay",
            paramLabel = "SECONDS",
            description =
                    "How long the server goes on as before once it is told to end, with /health/ready saying 503, so that load"
                            + " balancers turn to others; --shutdown-timeout begins behind it (default: 0).")
    void shutdownDelay(int seconds) {
        Misuse.requireWithin(command, "--shutdown-delay", seconds, 0, DAY_SECONDS, "seconds");
        shutdownDelay = Duration.ofSeconds(seconds);
    }

    boolean monitors() {
        return metricsPort != NONE;
    }

    int metricsPort() {
        return metricsPort;
    }

    Duration shutdownTimeout() {
        return shutdownTimeout;
    }

    Duration shutdownDelay() {
        return shutdownDelay;
    }

    /** Whether connections that ended are logged; then the log shows it, whatever its level. */
    boolean accessLog() {
        if (accessLog) LogLevel.showAccess();
        return accessLog;
    }
}
