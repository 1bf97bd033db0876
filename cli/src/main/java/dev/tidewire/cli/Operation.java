package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.flag;
import static dev.tidewire.cli.Arguments.valued;

import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.apache.commons.cli.Option;

/**
 * The options of a server for those who run it: what it shows of itself, and how it ends.
 *
 * @param metricsPort empty for none
 */
record Operation(boolean accessLog, OptionalInt metricsPort, Duration shutdownTimeout, Duration shutdownDelay) {
    private static final int DAY_SECONDS = 86_400;

    private static final Option ACCESS_LOG =
            flag("access-log", "Log a line for each connection that has ended: close code, duration, bytes, messages.");
    private static final Option METRICS_PORT = valued(
            "metrics-port",
            "PORT",
            "Port for /metrics (Prometheus), /health/live and /health/ready, 0 for any free one. It is on the"
                    + " same host and open to whoever can connect (default: none).");
    private static final Option SHUTDOWN_TIMEOUT = valued(
            "shutdown-timeout",
            "SECONDS",
            "How long connections have to go when SIGTERM, SIGINT or SIGHUP ends the server: they are told in batches"
                    + " over the first half of it, and their messages are handled; 0 cuts them off (default: 10).");
    private static final Option SHUTDOWN_DELAY = valued(
            "shutdown-delay",
            "SECONDS",
            "How long the server goes on as before once it is told to end, with /health/ready saying 503, so that load"
                    + " balancers turn to others; --shutdown-timeout begins behind it (default: 0).");

    static final List<Option> OPTIONS = List.of(ACCESS_LOG, METRICS_PORT, SHUTDOWN_TIMEOUT, SHUTDOWN_DELAY);

    static Operation of(Arguments arguments) {
        Duration timeout = arguments.seconds(SHUTDOWN_TIMEOUT, 0, DAY_SECONDS).orElse(Duration.ofSeconds(10));
        Duration delay = arguments.seconds(SHUTDOWN_DELAY, 0, DAY_SECONDS).orElse(Duration.ZERO);
        if (timeout.isZero() && delay.isPositive()) {
            throw new Misuse(
                    "--shutdown-delay needs a --shutdown-timeout of 1 second or more: 0 ends the server at once");
        }
        return new Operation(arguments.has(ACCESS_LOG), arguments.port(METRICS_PORT), timeout, delay);
    }
}
