package dev.tidewire.cli;

import dev.tidewire.server.options.ServerOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that every server of the command has: where it listens, whom it lets in, and how it is run. */
final class ListenOptions {
    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "IPv4 or IPv6 address or host name to listen on (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port to listen on, 0 for any free one (default: ${DEFAULT-VALUE}).")
    private int port = 9502;

    @Option(
            names = "--unix",
            paramLabel = "PATH",
            description = "Listen on a Unix domain socket in place of host and port.")
    private @Nullable Path unix;

    @Option(
            names = "--systemd",
            paramLabel = "NAME",
            arity = "0..1",
            fallbackValue = "",
            description = "Listen on the socket of this name or number that systemd passes, in place of host and port;"
                    + " without a name there must be just one.")
    private @Nullable String systemd;

    @Option(
            names = "--reuse-port",
            description = "Accept on one socket for each event loop, and let other processes listen on the port too"
                    + " (SO_REUSEPORT).")
    private boolean reusePort;

    @Mixin
    private final Operation operation = new Operation();

    @Mixin
    private final LimitOptions limits = new LimitOptions();

    @Mixin
    private final TlsArguments tls = new TlsArguments();

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** Everything at its default but what these options say. */
    ServerOptions.Builder serverOptions() {
        try {
            ServerOptions.Builder options = limits.put(address().reusePort(reusePort));
            options.accessLog(operation.accessLog()).shutdownDelay(operation.shutdownDelay());
            tls.options(host).ifPresent(options::tls);
            return options;
        } catch (IllegalArgumentException e) {
            throw Misuse.of(command, e);
        }
    }

    /** What is for those who run the server. */
    Operation operation() {
        return operation;
    }

    private ServerOptions.Builder address() {
        if (unix != null && systemd != null) {
            throw new IllegalArgumentException("--unix and --systemd exclude each other");
        }
        if (unix != null) return ServerOptions.unix(unix);
        return systemd == null ? ServerOptions.builder(host, port) : ServerOptions.builder("systemd:" + systemd, 0);
    }

    /** The scheme of the server's URLs: {@code plain}, or its kin within TLS. */
    String scheme(String plain) {
        return tls.isOn() ? plain + "s" : plain;
    }
}
