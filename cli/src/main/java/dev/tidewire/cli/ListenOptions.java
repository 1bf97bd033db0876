package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.flag;
import static dev.tidewire.cli.Arguments.perhapsValued;
import static dev.tidewire.cli.Arguments.valued;

import dev.tidewire.server.options.ServerOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** The options that every server of the command has: where it listens, whom it lets in, and how it is run. */
final class ListenOptions {
    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final int DEFAULT_PORT = 9502;

    private static final Option HOST =
            valued("host", "HOST", "IPv4 or IPv6 address or host name to listen on (default: " + DEFAULT_HOST + ").");
    private static final Option PORT =
            valued("port", "PORT", "Port to listen on, 0 for any free one (default: " + DEFAULT_PORT + ").");
    private static final Option UNIX =
            valued("unix", "PATH", "Listen on a Unix domain socket in place of host and port.");
    private static final Option SYSTEMD = perhapsValued(
            "systemd",
            "NAME",
            "Listen on the socket of this name or number that systemd passes, in place of host and port;"
                    + " without a name there must be just one.");
    private static final Option REUSE_PORT = flag(
            "reuse-port",
            "Accept on one socket for each event loop, and let other processes listen on the port too"
                    + " (SO_REUSEPORT).");

    static final List<Option> OPTIONS = Stream.of(
                    List.of(HOST, PORT, UNIX, SYSTEMD, REUSE_PORT),
                    Operation.OPTIONS,
                    LimitOptions.OPTIONS,
                    TlsArguments.OPTIONS)
            .flatMap(List::stream)
            .toList();

    private final Arguments arguments;
    private final Operation operation;
    private final TlsArguments tls;

    ListenOptions(Arguments arguments) {
        this.arguments = arguments;
        this.operation = Operation.of(arguments);
        this.tls = new TlsArguments(arguments);
    }

    /** Everything at its default but what these options say. */
    ServerOptions.Builder serverOptions() {
        try {
            ServerOptions.Builder options = address().reusePort(arguments.has(REUSE_PORT));
            new LimitOptions(arguments).put(options);
            options.accessLog(operation.accessLog()).shutdownDelay(operation.shutdownDelay());
            tls.options(host()).ifPresent(options::tls);
            if (operation.accessLog()) LogLevel.showAccess();
            return options;
        } catch (IllegalArgumentException e) {
            throw new Misuse(e);
        }
    }

    /** What is for those who run the server. */
    Operation operation() {
        return operation;
    }

    /** The scheme of the server's URLs: {@code plain}, or its kin within TLS. */
    String scheme(String plain) {
        return tls.isOn() ? plain + "s" : plain;
    }

    private String host() {
        return arguments.text(HOST).orElse(DEFAULT_HOST);
    }

    private ServerOptions.Builder address() {
        int port = arguments.port(PORT).orElse(DEFAULT_PORT);
        Optional<Path> unix = arguments.path(UNIX);
        boolean systemd = arguments.has(SYSTEMD);
        if (unix.isPresent() && systemd) throw new Misuse("--unix and --systemd exclude each other");
        if ((unix.isPresent() || systemd) && Stream.of(HOST, PORT, REUSE_PORT).anyMatch(arguments::has)) {
            throw new Misuse((systemd ? "--systemd" : "--unix") + " takes no --host, no --port and no --reuse-port");
        }
        if (unix.isPresent()) return ServerOptions.unix(unix.get());
        if (systemd)
            return ServerOptions.builder("systemd:" + arguments.text(SYSTEMD).orElse(""), 0);
        if (port != 0 && operation.metricsPort().equals(OptionalInt.of(port))) {
            throw new Misuse("--port and --metrics-port must differ, both were " + port);
        }
        return ServerOptions.builder(host(), port);
    }
}
