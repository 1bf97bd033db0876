package dev.tidewire.cli;

import dev.tidewire.metrics.MonitoringServer;
import dev.tidewire.server.Server;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.TlsConfigurationException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.regex.Pattern;

/** Runs a server until the process is told to end. */
final class Foreground {
    /** What the native transports put before the system's own words. */
    private static final Pattern SYSTEM_CALL = Pattern.compile("\\S+ failed with error\\(-?\\d+\\): ");

    private Foreground() {}

    /**
     * Serves until one of {@link Signals}, after which the server takes its time to end.
     *
     * @param listening called once when the server listens
     * @throws CommandFailure when it cannot be started
     */
    static int serve(Server server, Operation operation, PrintWriter out, Runnable listening)
            throws InterruptedException {
        try (var monitoring = operation.metricsPort().isPresent() ? monitoring(server, operation) : null;
                server) {
            start(server);
            Signals.onFirst(() -> server.shutdown(operation.shutdownTimeout()));
            listening.run();
            if (monitoring != null) out.println(announcement(new Address(monitoringHost(server), monitoring.port())));
            server.awaitShutdown();
        }
        return Tidewire.DONE;
    }

    private static String announcement(Address address) {
        String url = address.url("http");
        return "metrics and health: " + url + "metrics " + url + "health/live " + url + "health/ready";
    }

    private static MonitoringServer monitoring(Server server, Operation operation) {
        try {
            return MonitoringServer.start(
                    server, monitoringHost(server), operation.metricsPort().getAsInt());
        } catch (UncheckedIOException e) {
            throw new CommandFailure(
                    SYSTEM_CALL.matcher(String.valueOf(e.getMessage())).replaceAll("")
                            + " (try another --metrics-port)",
                    e);
        }
    }

    /** The server's, unless that names a socket of Unix or systemd, which has no other port. */
    private static String monitoringHost(Server server) {
        String host = server.options().host();
        return Address.namesSocket(host) ? "127.0.0.1" : host;
    }

    private static void start(Server server) {
        try {
            server.start();
        } catch (TlsConfigurationException e) {
            String file = TlsArguments.written(e.file(), server.options().tls().orElseThrow());
            throw new CommandFailure("cannot use " + file + ": " + e.reason(), e);
        } catch (UncheckedIOException | IllegalStateException e) {
            throw new CommandFailure(sentence(server.options(), String.valueOf(e.getMessage())), e);
        }
    }

    private static String sentence(ServerOptions options, String failure) {
        String sentence = SYSTEM_CALL.matcher(failure).replaceAll("");
        return sentence + advice(sentence.toLowerCase(Locale.ROOT), options);
    }

    private static String advice(String failure, ServerOptions options) {
        if (failure.contains("already in use")) return " (try another --port; 0 takes any free one)";
        if (failure.contains("permission denied") && options.port() < 1024) return " (try a --port from 1024 up)";
        if (failure.contains("cannot assign") || failure.contains("host name")) return " (try another --host)";
        if (failure.contains("transport")) return " (try --transport auto)";
        return "";
    }
}
