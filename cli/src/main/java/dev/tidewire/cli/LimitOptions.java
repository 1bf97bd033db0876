package dev.tidewire.cli;

import static dev.tidewire.cli.Arguments.valued;

import dev.tidewire.server.options.OverRate;
import dev.tidewire.server.options.ServerOptions;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** The options that say how many peers may connect, how much they may send and how long they may stay. */
final class LimitOptions {
    private static final int PER_SECOND = 1_000_000_000;
    private static final int YEAR_SECONDS = 365 * 86_400;

    private static final Option MAX_CONNECTIONS = valued(
            "max-connections",
            "N",
            "Most connections at a time, 0 for any number; one more gets 503"
                    + " (default: nearly all of the descriptors that the process may open).");
    private static final Option MAX_CONNECTIONS_PER_ADDRESS = valued(
            "max-connections-per-address",
            "N",
            "Most connections at a time from one IPv4 address or IPv6 /64, 0 for any number; one more gets 429"
                    + " (default: 0).");
    private static final Option MAX_CONNECTIONS_PER_SECOND = valued(
            "max-connections-per-second",
            "N",
            "Most new connections in a second, 0 for any number; one more gets 503 (default: 0).");
    private static final Option MAX_MESSAGES_PER_SECOND = valued(
            "max-messages-per-second",
            "N",
            "Most messages from one connection in a second, 0 for any number (default: 0).");
    private static final Option MAX_BYTES_PER_SECOND = valued(
            "max-bytes-per-second",
            "SIZE",
            "Most bytes from one connection in a second, such as 65536, 512k or 10m, 0 for any number (default: 0).");
    private static final Option OVER_RATE = valued(
            "over-rate",
            "WHAT",
            "What happens to a connection that sends more: pause, it is not read for a while, or close, it is closed"
                    + " with 1008 (default: pause).");
    private static final Option PING_INTERVAL =
            valued("ping-interval", "SECONDS", "Silence after which a client is pinged, 0 for never (default: 25).");
    private static final Option PONG_TIMEOUT =
            valued("pong-timeout", "SECONDS", "Silence after a ping after which a client is gone (default: 10).");
    private static final Option MAX_IDLE_TIME = valued(
            "max-idle-time",
            "SECONDS",
            "Time with nothing in and nothing out, pings included, after which a connection is closed, 0 for any"
                    + " (default: 0).");
    private static final Option MAX_LIFETIME =
            valued("max-lifetime", "SECONDS", "Age at which a connection is closed, 0 for any (default: 0).");

    static final List<Option> OPTIONS = List.of(
            MAX_CONNECTIONS,
            MAX_CONNECTIONS_PER_ADDRESS,
            MAX_CONNECTIONS_PER_SECOND,
            MAX_MESSAGES_PER_SECOND,
            MAX_BYTES_PER_SECOND,
            OVER_RATE,
            PING_INTERVAL,
            PONG_TIMEOUT,
            MAX_IDLE_TIME,
            MAX_LIFETIME);

    /** {@link OverRate} as it is written on the command line. */
    private enum Reaction {
        pause,
        close;

        OverRate overRate() {
            return OverRate.valueOf(name().toUpperCase(Locale.ROOT));
        }
    }

    private final Arguments arguments;

    LimitOptions(Arguments arguments) {
        this.arguments = arguments;
    }

    /** Sets what was asked for; the rest stays at the server's defaults. */
    ServerOptions.Builder put(ServerOptions.Builder options) {
        arguments.number(MAX_CONNECTIONS, 0, Integer.MAX_VALUE, "connections").ifPresent(options::maxConnections);
        arguments
                .number(MAX_CONNECTIONS_PER_ADDRESS, 0, Integer.MAX_VALUE, "connections")
                .ifPresent(options::maxConnectionsPerAddress);
        arguments
                .number(MAX_CONNECTIONS_PER_SECOND, 0, PER_SECOND, "connections")
                .ifPresent(options::maxConnectionsPerSecond);
        arguments.number(MAX_MESSAGES_PER_SECOND, 0, PER_SECOND, "messages").ifPresent(options::maxMessagesPerSecond);
        arguments.size(MAX_BYTES_PER_SECOND, 0, PER_SECOND).ifPresent(size -> options.maxBytesPerSecond(size.bytes()));
        options.overRate(arguments.oneOf(OVER_RATE, Reaction.pause).overRate());
        if (arguments.has(OVER_RATE)
                && !arguments.has(MAX_MESSAGES_PER_SECOND)
                && !arguments.has(MAX_BYTES_PER_SECOND)) {
            throw new Misuse("--over-rate needs --max-messages-per-second or --max-bytes-per-second");
        }
        arguments.seconds(PING_INTERVAL, 0, YEAR_SECONDS).ifPresent(options::pingInterval);
        arguments.seconds(PONG_TIMEOUT, 1, YEAR_SECONDS).ifPresent(options::pongTimeout);
        arguments.seconds(MAX_IDLE_TIME, 0, YEAR_SECONDS).ifPresent(options::maxIdleTime);
        arguments.seconds(MAX_LIFETIME, 0, YEAR_SECONDS).ifPresent(options::maxLifetime);
        return options;
    }
}
