package dev.tidewire.cli;

import dev.tidewire.server.options.OverRate;
import dev.tidewire.server.options.ServerOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that say how many peers may connect, how much they may send and how long they may stay. */
final class LimitOptions {
    private static final int PER_SECOND = 1_000_000_000;
    private static final int YEAR_SECONDS = 365 * 86_400;

    /** What was asked for; the rest stays at the server's defaults. */
    private final List<Consumer<ServerOptions.Builder>> asked = new ArrayList<>();

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--max-connections",
            paramLabel = "N",
            description = "Most connections at a time, 0 for any number; one more gets 503"
                    + " (default: nearly all of the descriptors that the process may open).")
    void maxConnections(int n) {
        require("--max-connections", n, 0, Integer.MAX_VALUE, "connections");
        asked.add(options -> options.maxConnections(n));
    }

    @Option(
            names = "--max-connections-per-address",
            paramLabel = "N",
            description =
                    "Most connections at a time from one IPv4 address or IPv6 /64, 0 for any number; one more gets 429"
                            + " (default: 0).")
    void maxConnectionsPerAddress(int n) {
        require("--max-connections-per-address", n, 0, Integer.MAX_VALUE, "connections");
        asked.add(options -> options.maxConnectionsPerAddress(n));
    }

    @Option(
            names = "--max-connections-per-second",
            paramLabel = "N",
            description = "Most new connections in a second, 0 for any number; one more gets 503 (default: 0).")
    void maxConnectionsPerSecond(int n) {
        require("--max-connections-per-second", n, 0, PER_SECOND, "connections");
        asked.add(options -> options.maxConnectionsPerSecond(n));
    }

    @Option(
            names = "--max-messages-per-second",
            paramLabel = "N",
            description = "Most messages from one connection in a second, 0 for any number (default: 0).")
    void maxMessagesPerSecond(int n) {
        require("--max-messages-per-second", n, 0, PER_SECOND, "messages");
        asked.add(options -> options.maxMessagesPerSecond(n));
    }

    @Option(
            names = "--max-bytes-per-second",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description =
                    "Most bytes from one connection in a second, such as 65536, 512k or 10m (default: any number).")
    void maxBytesPerSecond(ByteSize size) {
        require("--max-bytes-per-second", size.bytes(), 1, PER_SECOND, "bytes");
        asked.add(options -> options.maxBytesPerSecond(size.bytes()));
    }

    @Option(
            names = "--over-rate",
            paramLabel = "WHAT",
            description =
                    "What happens to a connection that sends more: pause, it is not read for a while, or close, it is closed"
                            + " with 1008 (default: pause).")
    void overRate(Reaction reaction) {
        asked.add(options -> options.overRate(reaction.overRate()));
    }

    @Option(
            names = "--ping-interval",
            paramLabel = "SECONDS",
            description = "Silence after which a client is pinged, 0 for never (default: 25).")
    void pingInterval(int seconds) {
        time(0, "--ping-interval", seconds, ServerOptions.Builder::pingInterval);
    }

    @Option(
            names = "--pong-timeout",
            paramLabel = "SECONDS",
            description = "Silence after a ping after which a client is gone (default: 10).")
    void pongTimeout(int seconds) {
        time(1, "--pong-timeout", seconds, ServerOptions.Builder::pongTimeout);
    }

    @Option(
            names = "--max-idle-time",
            paramLabel = "SECONDS",
            description =
                    "Time with nothing in and nothing out, pings included, after which a connection is closed, 0 for any"
                            + " (default: 0).")
    void maxIdleTime(int seconds) {
        time(0, "--max-idle-time", seconds, ServerOptions.Builder::maxIdleTime);
    }

    @Option(
            names = "--max-lifetime",
            paramLabel = "SECONDS",
            description = "Age at which a connection is closed, 0 for any (default: 0).")
    void maxLifetime(int seconds) {
        time(0, "--max-lifetime", seconds, ServerOptions.Builder::maxLifetime);
    }

    /** {@link OverRate} as it is written on the command line. */
    enum Reaction {
        pause,
        close;

        OverRate overRate() {
            return OverRate.valueOf(name().toUpperCase(Locale.ROOT));
        }
    }

    /** Sets what was asked for. */
    ServerOptions.Builder put(ServerOptions.Builder options) {
        asked.forEach(limit -> limit.accept(options));
        return options;
    }

    private void time(int least, String name, int seconds, BiConsumer<ServerOptions.Builder, Duration> option) {
        require(name, seconds, least, YEAR_SECONDS, "seconds");
        asked.add(options -> option.accept(options, Duration.ofSeconds(seconds)));
    }

    private void require(String name, int value, int least, int most, String unit) {
        Misuse.requireWithin(command, name, value, least, most, unit);
    }
}
