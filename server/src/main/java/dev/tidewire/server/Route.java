package dev.tidewire.server;

import dev.tidewire.protocol.Handshake;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.server.internal.engine.LifeLimits;
import dev.tidewire.server.internal.engine.RateLimits;
import dev.tidewire.server.internal.topics.Topics;
import dev.tidewire.server.internal.websocket.Compression;
import dev.tidewire.server.internal.websocket.Endpoint;
import dev.tidewire.server.internal.websocket.SharedMessage;
import dev.tidewire.server.internal.websocket.WebSocketEvents;
import dev.tidewire.server.options.OriginPolicy;
import dev.tidewire.server.options.OverRate;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The handlers and limits of one path; what is not set here the route has from its server. Set up before the server starts. */
public final class Route {
    private static final Set<String> EVENTS = Set.of(
            WebSocketServer.HANDSHAKE.name(),
            WebSocketServer.OPEN.name(),
            WebSocketServer.MESSAGE.name(),
            WebSocketServer.PART.name(),
            WebSocketServer.PING.name(),
            WebSocketServer.PONG.name(),
            WebSocketServer.CLOSING.name(),
            WebSocketServer.DRAIN.name(),
            WebSocketServer.CLOSE.name());

    private final Map<String, Object> registered = new HashMap<>();
    private @Nullable Integer maxMessageBytes;
    private @Nullable Integer maxFragments;
    private @Nullable Integer maxMessagesPerSecond;
    private @Nullable Integer maxBytesPerSecond;
    private @Nullable OverRate overRate;
    private @Nullable Duration pingInterval;
    private @Nullable Duration pongTimeout;
    private @Nullable Duration heartbeatIdleTime;
    private @Nullable Duration maxIdleTime;
    private @Nullable Duration maxLifetime;
    private @Nullable List<String> subprotocols;
    private @Nullable OriginPolicy origins;
    private @Nullable DeflatePolicy compression;
    private @Nullable SlowConsumer slowConsumer;

    Route() {}

    /**
     * Registers the handler of an event of connections on this path: HANDSHAKE, OPEN, MESSAGE, PART, PING, PONG, CLOSING, DRAIN or
     * CLOSE.
     *
     * @throws IllegalArgumentException for any other event
     */
    public <H> Route on(Event<H> event, H handler) {
        Objects.requireNonNull(handler, "handler");
        if (!EVENTS.contains(event.name())) {
            throw new IllegalArgumentException("event " + event + " is the server's, not a route's");
        }
        registered.put(event.name(), handler);
        return this;
    }

    /**
     * Longest whole message, and longest frame. The queues of the server's connections hold one, unless their length is set.
     *
     * @see ServerOptions.Builder#maxMessageBytes
     */
    public Route maxMessageBytes(int maxMessageBytes) {
        if (maxMessageBytes < 1 || maxMessageBytes > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "maxMessageBytes must be 1 to " + (Integer.MAX_VALUE - 8) + ", was " + maxMessageBytes);
        }
        this.maxMessageBytes = maxMessageBytes;
        return this;
    }

    /**
     * Most fragments of one message; 0: no limit.
     *
     * @see ServerOptions.Builder#maxFragments
     */
    public Route maxFragments(int maxFragments) {
        rules().maxFragments(maxFragments);
        this.maxFragments = maxFragments;
        return this;
    }

    /**
     * Most messages from one connection in a second; 0: no limit.
     *
     * @see ServerOptions.Builder#maxMessagesPerSecond
     */
    public Route maxMessagesPerSecond(int maxMessagesPerSecond) {
        this.maxMessagesPerSecond = perSecond(maxMessagesPerSecond, "maxMessagesPerSecond");
        return this;
    }

    /**
     * Most bytes from one connection in a second, those of its handshake not counted; 0: no limit.
     *
     * @see ServerOptions.Builder#maxBytesPerSecond
     */
    public Route maxBytesPerSecond(int maxBytesPerSecond) {
        this.maxBytesPerSecond = perSecond(maxBytesPerSecond, "maxBytesPerSecond");
        return this;
    }

    /** What happens to a peer that sends more than that; see {@link ServerOptions.Builder#overRate}. */
    public Route overRate(OverRate overRate) {
        this.overRate = Objects.requireNonNull(overRate, "overRate");
        return this;
    }

    /** Silence after which a peer here is pinged; zero: never. See {@link ServerOptions.Builder#pingInterval}. */
    public Route pingInterval(Duration pingInterval) {
        rules().pingInterval(pingInterval);
        this.pingInterval = pingInterval;
        return this;
    }

    /** Silence after a ping, after which a peer here is gone; see {@link ServerOptions.Builder#pongTimeout}. */
    public Route pongTimeout(Duration pongTimeout) {
        rules().pongTimeout(pongTimeout);
        this.pongTimeout = pongTimeout;
        return this;
    }

    /** Silence after which a connection here is closed; zero: no limit. See {@link ServerOptions.Builder#heartbeatIdleTime}. */
    public Route heartbeatIdleTime(Duration heartbeatIdleTime) {
        rules().heartbeatIdleTime(heartbeatIdleTime);
        this.heartbeatIdleTime = heartbeatIdleTime;
        return this;
    }

    /** Time with nothing in and nothing out, after which a connection here is closed; zero: no limit. See {@link ServerOptions.Builder#maxIdleTime}. */
    public Route maxIdleTime(Duration maxIdleTime) {
        rules().maxIdleTime(maxIdleTime);
        this.maxIdleTime = maxIdleTime;
        return this;
    }

    /**
     * Age, since it was accepted, at which a connection here is closed; zero: no limit.
     *
     * @see ServerOptions.Builder#maxLifetime
     */
    public Route maxLifetime(Duration maxLifetime) {
        rules().maxLifetime(maxLifetime);
        this.maxLifetime = maxLifetime;
        return this;
    }

    /** Refuses what a server may not have either; nothing is built of it. */
    private static ServerOptions.Builder rules() {
        return ServerOptions.builder("localhost", 0);
    }

    private static int perSecond(int value, String name) {
        if (value < 0 || value > 1_000_000_000) {
            throw new IllegalArgumentException(name + " must be 0 to 1000000000, was " + value);
        }
        return value;
    }

    /** What is spoken here, the preferred one first; see {@link ServerOptions.Builder#subprotocols}. */
    public Route subprotocols(List<String> subprotocols) {
        Handshake.requireSubprotocols(subprotocols);
        this.subprotocols = List.copyOf(subprotocols);
        return this;
    }

    /** From which web pages browsers may connect here; see {@link ServerOptions.Builder#origins}. */
    public Route origins(OriginPolicy origins) {
        this.origins = Objects.requireNonNull(origins, "origins");
        return this;
    }

    /** How messages are compressed here with clients that offer to; see {@link ServerOptions.Builder#compression}. */
    public Route compression(DeflatePolicy compression) {
        this.compression = Objects.requireNonNull(compression, "compression");
        return this;
    }

    /** What becomes of messages that a peer here does not make room for; see {@link ServerOptions.Builder#slowConsumer}. */
    public Route slowConsumer(SlowConsumer slowConsumer) {
        this.slowConsumer = Objects.requireNonNull(slowConsumer, "slowConsumer");
        return this;
    }

    /** The handler registered here, or null. */
    @SuppressWarnings("unchecked") // on() put a handler of the event's own type under its name
    <H> @Nullable H handler(Event<H> event) {
        return (H) registered.get(event.name());
    }

    int maxMessageBytes(ServerOptions defaults) {
        return Objects.requireNonNullElse(maxMessageBytes, defaults.maxMessageBytes());
    }

    DeflatePolicy compression(ServerOptions defaults) {
        return Objects.requireNonNullElse(compression, defaults.compression());
    }

    /** What connections on this path keep to; what is not set here is as in {@code defaults}. */
    Endpoint endpoint(
            WebSocketEvents events, Topics<SharedMessage> topics, Compression compression, ServerOptions defaults) {
        return new Endpoint(
                events,
                new MessageReader.Limits(
                        Objects.requireNonNullElse(maxMessageBytes, defaults.maxFrameBytes()),
                        maxMessageBytes(defaults),
                        Objects.requireNonNullElse(maxFragments, defaults.maxFragments())),
                new RateLimits(
                        Objects.requireNonNullElse(maxMessagesPerSecond, defaults.maxMessagesPerSecond()),
                        Objects.requireNonNullElse(maxBytesPerSecond, defaults.maxBytesPerSecond()),
                        Objects.requireNonNullElse(overRate, defaults.overRate())),
                life(defaults),
                topics,
                compression,
                Objects.requireNonNullElse(subprotocols, defaults.subprotocols()),
                Objects.requireNonNullElse(origins, defaults.origins()),
                defaults.handshakeTimeout(),
                defaults.closeTimeout(),
                Objects.requireNonNullElse(slowConsumer, defaults.slowConsumer()),
                defaults.shutdownCode());
    }

    private Optional<LifeLimits> life(ServerOptions defaults) {
        boolean own = Stream.of(pingInterval, pongTimeout, heartbeatIdleTime, maxIdleTime, maxLifetime)
                .anyMatch(Objects::nonNull);
        return own ? Optional.of(ownLife(defaults)) : Optional.empty();
    }

    private LifeLimits ownLife(ServerOptions defaults) {
        return LifeLimits.of(
                Objects.requireNonNullElse(pingInterval, defaults.pingInterval()),
                Objects.requireNonNullElse(pongTimeout, defaults.pongTimeout()),
                Objects.requireNonNullElse(heartbeatIdleTime, defaults.heartbeatIdleTime()),
                Objects.requireNonNullElse(maxIdleTime, defaults.maxIdleTime()),
                Objects.requireNonNullElse(maxLifetime, defaults.maxLifetime()));
    }
}
