package dev.tidewire.server.options;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.protocol.Handshake;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import io.netty.util.internal.PlatformDependent;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Limits and switches of a server. Immutable; every value was checked when it was built.
 *
 * <p>Sizes are bytes. The defaults are meant for the open Internet.
 */
public final class ServerOptions {
    /** How the host of a Unix domain socket begins; its path follows. */
    private static final String UNIX = "unix:";

    /** How the host of a socket from systemd begins. */
    private static final String SYSTEMD = "systemd:";

    private final Builder builder;
    private final String host;
    private final int port;
    private final Transport transport;
    private final Dispatch dispatch;
    private final int threads;
    private final int backlog;
    private final int maxConnections;
    private final int maxConnectionsPerAddress;
    private final int maxConnectionsPerSecond;
    private final int maxMessagesPerSecond;
    private final int maxBytesPerSecond;
    private final OverRate overRate;
    private final int maxMessageBytes;
    private final int maxFrameBytes;
    private final int maxFragments;
    private final int maxRequestHeadBytes;
    private final int maxRequestBodyBytes;
    private final int maxQueuedBytes;
    private final long maxTotalQueuedBytes;
    private final int highQueuedBytes;
    private final int lowQueuedBytes;
    private final SlowConsumer slowConsumer;
    private final int maxUnsentBytes;
    private final Duration writeTimeout;
    private final int maxPendingBytes;
    private final int maxTopicsPerConnection;
    private final int maxTopicLength;
    private final int maxPublishedBytes;
    private final Duration handshakeTimeout;
    private final Duration keepAliveTimeout;
    private final Duration pingInterval;
    private final Duration pongTimeout;
    private final Duration heartbeatIdleTime;
    private final Duration maxIdleTime;
    private final Duration maxLifetime;
    private final Duration responseTimeout;
    private final Duration closeTimeout;
    private final Duration shutdownTimeout;
    private final Duration shutdownDelay;
    private final List<String> subprotocols;
    private final OriginPolicy origins;
    private final DeflatePolicy compression;
    private final Optional<TlsOptions> tls;
    private final boolean accessLog;
    private final int shutdownCode;
    private final int shutdownBatch;
    private final Duration shutdownInterval;
    private final Duration loopStallThreshold;
    private final int taskWorkers;
    private final int maxQueuedTasks;
    private final boolean reusePort;
    private final TcpFraming framing;
    private final ProxyProtocol proxyProtocol;
    private final TrustedProxies trustedProxies;
    private final ForwardedHeader forwardedHeader;
    private final Optional<Set<PosixFilePermission>> socketPermissions;

    private ServerOptions(Builder builder) {
        this.builder = builder.clone();
        host = builder.host;
        port = builder.port;
        transport = builder.transport;
        dispatch = builder.dispatch;
        threads = builder.threads;
        backlog = builder.backlog;
        maxConnections = builder.maxConnections;
        maxConnectionsPerAddress = builder.maxConnectionsPerAddress;
        maxConnectionsPerSecond = builder.maxConnectionsPerSecond;
        maxMessagesPerSecond = builder.maxMessagesPerSecond;
        maxBytesPerSecond = builder.maxBytesPerSecond;
        overRate = builder.overRate;
        maxMessageBytes = builder.maxMessageBytes;
        maxFrameBytes = builder.maxFrameBytes == 0 ? builder.maxMessageBytes : builder.maxFrameBytes;
        maxFragments = builder.maxFragments;
        maxRequestHeadBytes = builder.maxRequestHeadBytes;
        maxRequestBodyBytes = builder.maxRequestBodyBytes;
        maxQueuedBytes = builder.maxQueuedBytes == 0 ? queueFor(builder.maxMessageBytes) : builder.maxQueuedBytes;
        maxTotalQueuedBytes = builder.maxTotalQueuedBytes == null
                ? PlatformDependent.maxDirectMemory() / Builder.DIRECT_MEMORY_SHARE
                : builder.maxTotalQueuedBytes;
        highQueuedBytes = builder.highQueuedBytes == 0 ? highOf(maxQueuedBytes) : builder.highQueuedBytes;
        lowQueuedBytes = builder.highQueuedBytes == 0 ? highQueuedBytes / 2 : builder.lowQueuedBytes;
        slowConsumer = builder.slowConsumer;
        maxUnsentBytes = builder.maxUnsentBytes;
        writeTimeout = builder.writeTimeout;
        maxPendingBytes = builder.maxPendingBytes;
        maxTopicsPerConnection = builder.maxTopicsPerConnection;
        maxTopicLength = builder.maxTopicLength;
        maxPublishedBytes = builder.maxPublishedBytes;
        handshakeTimeout = builder.handshakeTimeout;
        keepAliveTimeout = builder.keepAliveTimeout;
        pingInterval = builder.pingInterval;
        pongTimeout = builder.pongTimeout;
        heartbeatIdleTime = builder.heartbeatIdleTime;
        maxIdleTime = builder.maxIdleTime;
        maxLifetime = builder.maxLifetime;
        responseTimeout = builder.responseTimeout;
        closeTimeout = builder.closeTimeout;
        shutdownTimeout = builder.shutdownTimeout;
        shutdownDelay = builder.shutdownDelay;
        subprotocols = builder.subprotocols;
        origins = builder.origins;
        compression = builder.compression;
        tls = Optional.ofNullable(builder.tls);
        accessLog = builder.accessLog;
        shutdownCode = builder.shutdownCode;
        shutdownBatch = builder.shutdownBatch;
        shutdownInterval = builder.shutdownInterval;
        loopStallThreshold = builder.loopStallThreshold;
        taskWorkers = builder.taskWorkers;
        maxQueuedTasks = builder.maxQueuedTasks;
        reusePort = builder.reusePort;
        framing = builder.framing;
        proxyProtocol = builder.proxyProtocol;
        trustedProxies = builder.trustedProxies;
        forwardedHeader = builder.forwardedHeader;
        socketPermissions = Optional.ofNullable(builder.socketPermissions);
        if (maxFrameBytes > maxMessageBytes) {
            throw new IllegalArgumentException(
                    "maxFrameBytes must not be over maxMessageBytes (" + maxMessageBytes + "), was " + maxFrameBytes);
        }
        if (highQueuedBytes > maxQueuedBytes) {
            throw new IllegalArgumentException(
                    "highQueuedBytes must not be over maxQueuedBytes (" + maxQueuedBytes + "), was " + highQueuedBytes);
        }
        if (proxyProtocol != ProxyProtocol.OFF && trustedProxies.isEmpty()) {
            throw new IllegalArgumentException(
                    "proxyProtocol " + proxyProtocol + " needs trustedProxies, there are none");
        }
    }

    /**
     * A builder for a server on {@code host} and {@code port} with every other value at its default.
     *
     * @param host an IPv4 or IPv6 address, a host name, {@code unix:} and the path of a Unix domain socket, or {@code systemd:}
     *     and the name or number of a listening socket that systemd passes to this process
     * @param port 0 to 65535; 0 takes any free one, and is what a socket of Unix or systemd has
     */
    public static Builder builder(String host, int port) {
        return new Builder(host, port);
    }

    /** The defaults, listening on {@code host} and {@code port}. */
    public static ServerOptions of(String host, int port) {
        return builder(host, port).build();
    }

    /**
     * Options from what Swoole's {@code set([...])} is given, for a server on {@code host} and {@code port}.
     *
     * @param settings see {@link Builder#fromSwoole}
     */
    public static ServerOptions fromSwoole(String host, int port, Map<String, ?> settings) {
        return builder(host, port).fromSwoole(settings).build();
    }

    /** A builder for a server on the Unix domain socket with this path. */
    public static Builder unix(Path socket) {
        return new Builder(UNIX + socket, 0);
    }

    /** A builder that begins with these options, for another address. */
    Builder copyFor(String host, int port) {
        return builder.clone().at(host, port);
    }

    /** What to listen on: see {@link #builder}. */
    public String host() {
        return host;
    }

    /** The port to listen on; 0 takes any free one. */
    public int port() {
        return port;
    }

    /** {@link Builder#transport}. */
    public Transport transport() {
        return transport;
    }

    /** {@link Builder#dispatch}. */
    public Dispatch dispatch() {
        return dispatch;
    }

    /** {@link Builder#threads}. */
    public int threads() {
        return threads;
    }

    /** {@link Builder#backlog}. */
    public int backlog() {
        return backlog;
    }

    /** {@link Builder#maxConnections}; empty when it is left to the number of descriptors. */
    public OptionalInt maxConnections() {
        return maxConnections < 0 ? OptionalInt.empty() : OptionalInt.of(maxConnections);
    }

    /** {@link Builder#maxConnectionsPerAddress}. */
    public int maxConnectionsPerAddress() {
        return maxConnectionsPerAddress;
    }

    /** {@link Builder#maxConnectionsPerSecond}. */
    public int maxConnectionsPerSecond() {
        return maxConnectionsPerSecond;
    }

    /** {@link Builder#maxMessagesPerSecond}. */
    public int maxMessagesPerSecond() {
        return maxMessagesPerSecond;
    }

    /** {@link Builder#maxBytesPerSecond}. */
    public int maxBytesPerSecond() {
        return maxBytesPerSecond;
    }

    /** {@link Builder#overRate}. */
    public OverRate overRate() {
        return overRate;
    }

    /** {@link Builder#maxMessageBytes}. */
    public int maxMessageBytes() {
        return maxMessageBytes;
    }

    /** {@link Builder#maxFrameBytes}. */
    public int maxFrameBytes() {
        return maxFrameBytes;
    }

    /** {@link Builder#maxFragments}. */
    public int maxFragments() {
        return maxFragments;
    }

    /** {@link Builder#maxRequestHeadBytes}. */
    public int maxRequestHeadBytes() {
        return maxRequestHeadBytes;
    }

    /** {@link Builder#maxRequestBodyBytes}. */
    public int maxRequestBodyBytes() {
        return maxRequestBodyBytes;
    }

    /** {@link Builder#maxQueuedBytes}. Where it is not set, and a route takes longer messages, a server has {@linkplain #withQueueFor more}. */
    public int maxQueuedBytes() {
        return maxQueuedBytes;
    }

    /** {@link Builder#maxTotalQueuedBytes}. */
    public long maxTotalQueuedBytes() {
        return maxTotalQueuedBytes;
    }

    /** {@link Builder#queueMarks}. */
    public int highQueuedBytes() {
        return highQueuedBytes;
    }

    /** {@link Builder#queueMarks}. */
    public int lowQueuedBytes() {
        return lowQueuedBytes;
    }

    /** {@link Builder#slowConsumer}. */
    public SlowConsumer slowConsumer() {
        return slowConsumer;
    }

    /** {@link Builder#maxUnsentBytes}. */
    public int maxUnsentBytes() {
        return maxUnsentBytes;
    }

    /** {@link Builder#writeTimeout}. */
    public Duration writeTimeout() {
        return writeTimeout;
    }

    /** {@link Builder#maxPendingBytes}. */
    public int maxPendingBytes() {
        return maxPendingBytes;
    }

    /** {@link Builder#maxTopicsPerConnection}. */
    public int maxTopicsPerConnection() {
        return maxTopicsPerConnection;
    }

    /** {@link Builder#maxTopicLength}. */
    public int maxTopicLength() {
        return maxTopicLength;
    }

    /** {@link Builder#maxPublishedBytes}. */
    public int maxPublishedBytes() {
        return maxPublishedBytes;
    }

    /** {@link Builder#handshakeTimeout}. */
    public Duration handshakeTimeout() {
        return handshakeTimeout;
    }

    /** {@link Builder#keepAliveTimeout}. */
    public Duration keepAliveTimeout() {
        return keepAliveTimeout;
    }

    /** {@link Builder#pingInterval}. */
    public Duration pingInterval() {
        return pingInterval;
    }

    /** {@link Builder#pongTimeout}. */
    public Duration pongTimeout() {
        return pongTimeout;
    }

    /** {@link Builder#heartbeatIdleTime}. */
    public Duration heartbeatIdleTime() {
        return heartbeatIdleTime;
    }

    /** {@link Builder#maxIdleTime}. */
    public Duration maxIdleTime() {
        return maxIdleTime;
    }

    /** {@link Builder#maxLifetime}. */
    public Duration maxLifetime() {
        return maxLifetime;
    }

    /** {@link Builder#responseTimeout}. */
    public Duration responseTimeout() {
        return responseTimeout;
    }

    /** {@link Builder#closeTimeout}. */
    public Duration closeTimeout() {
        return closeTimeout;
    }

    /** {@link Builder#shutdownTimeout}. */
    public Duration shutdownTimeout() {
        return shutdownTimeout;
    }

    /** {@link Builder#shutdownDelay}. */
    public Duration shutdownDelay() {
        return shutdownDelay;
    }

    /** {@link Builder#subprotocols}. */
    public List<String> subprotocols() {
        return subprotocols;
    }

    /** {@link Builder#origins}. */
    public OriginPolicy origins() {
        return origins;
    }

    /** {@link Builder#compression}. */
    public DeflatePolicy compression() {
        return compression;
    }

    /** {@link Builder#tls}. */
    public Optional<TlsOptions> tls() {
        return tls;
    }

    /** {@link Builder#accessLog}. */
    public boolean accessLog() {
        return accessLog;
    }

    /** {@link Builder#shutdownCode}. */
    public int shutdownCode() {
        return shutdownCode;
    }

    /** {@link Builder#shutdownBatch}. */
    public int shutdownBatch() {
        return shutdownBatch;
    }

    /** {@link Builder#shutdownInterval}. */
    public Duration shutdownInterval() {
        return shutdownInterval;
    }

    /** {@link Builder#loopStallThreshold}. */
    public Duration loopStallThreshold() {
        return loopStallThreshold;
    }

    /** {@link Builder#taskWorkers}. */
    public int taskWorkers() {
        return taskWorkers;
    }

    /** {@link Builder#maxQueuedTasks}. */
    public int maxQueuedTasks() {
        return maxQueuedTasks;
    }

    /** {@link Builder#reusePort}. */
    public boolean reusePort() {
        return reusePort;
    }

    /** {@link Builder#framing}. */
    public TcpFraming framing() {
        return framing;
    }

    /** {@link Builder#proxyProtocol}. */
    public ProxyProtocol proxyProtocol() {
        return proxyProtocol;
    }

    /** {@link Builder#trustedProxies}. */
    public TrustedProxies trustedProxies() {
        return trustedProxies;
    }

    /** {@link Builder#forwardedHeader}. */
    public ForwardedHeader forwardedHeader() {
        return forwardedHeader;
    }

    /** {@link Builder#socketPermissions}. */
    public Optional<Set<PosixFilePermission>> socketPermissions() {
        return socketPermissions;
    }

    /**
     * These options, where {@code maxQueuedBytes} is not set with the default for messages of {@code maxMessageBytes}, if those are longer: such
     * as a route allows.
     */
    public ServerOptions withQueueFor(int maxMessageBytes) {
        if (builder.maxQueuedBytes != 0 || maxMessageBytes <= this.maxMessageBytes) return this;
        return builder.clone().maxQueuedBytes(queueFor(maxMessageBytes)).build();
    }

    /** Room for one largest message and a little besides, such as the handshake's response; 1 MiB at least. */
    private static int queueFor(int maxMessageBytes) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(Builder.MIB, maxMessageBytes + 64L * Builder.KIB));
    }

    /** About what a socket takes at once, and well within the queue. */
    private static int highOf(int maxQueuedBytes) {
        return Math.min(64 * Builder.KIB, Math.max(1, maxQueuedBytes / 5 * 4));
    }

    /** Collects options; each value is checked when it is set. Not for use by several threads at once. */
    public static final class Builder implements Cloneable {
        private static final int KIB = 1024;
        private static final int MIB = 1024 * KIB;
        /** What one array can hold. */
        private static final int MAX_BYTES = Integer.MAX_VALUE - 8;

        /** Queues take a fourth of what Netty may use: buffers are larger than what is in them. */
        private static final int DIRECT_MEMORY_SHARE = 4;

        private static final Duration LONGEST = Duration.ofDays(365);

        private String host;
        private int port;
        private Transport transport = Transport.AUTO;
        private Dispatch dispatch = Dispatch.VIRTUAL;
        private int threads = Runtime.getRuntime().availableProcessors();
        private int backlog = 1024;
        private int maxConnections = -1;
        private int maxConnectionsPerAddress;
        private int maxConnectionsPerSecond;
        private int maxMessagesPerSecond;
        private int maxBytesPerSecond;
        private OverRate overRate = OverRate.PAUSE;
        private int maxMessageBytes = MIB;
        private int maxFrameBytes;
        private int maxFragments = 131_072;
        private int maxRequestHeadBytes = 16 * KIB;
        private int maxRequestBodyBytes = MIB;
        private int maxQueuedBytes;
        private @Nullable Long maxTotalQueuedBytes;
        private int highQueuedBytes;
        private int lowQueuedBytes;
        private SlowConsumer slowConsumer = SlowConsumer.DISCONNECT;
        private int maxUnsentBytes = 256 * KIB;
        private Duration writeTimeout = Duration.ofSeconds(30);
        private int maxPendingBytes = MIB;
        private int maxTopicsPerConnection = 128;
        private int maxTopicLength = 256;
        private int maxPublishedBytes = 64 * MIB;
        private Duration handshakeTimeout = Duration.ofSeconds(10);
        private Duration keepAliveTimeout = Duration.ofSeconds(60);
        private Duration pingInterval = Duration.ofSeconds(25);
        private Duration pongTimeout = Duration.ofSeconds(10);
        private Duration heartbeatIdleTime = Duration.ZERO;
        private Duration maxIdleTime = Duration.ZERO;
        private Duration maxLifetime = Duration.ZERO;
        private Duration responseTimeout = Duration.ofSeconds(60);
        private Duration closeTimeout = Duration.ofSeconds(5);
        private Duration shutdownTimeout = Duration.ofSeconds(10);
        private Duration shutdownDelay = Duration.ZERO;
        private List<String> subprotocols = List.of();
        private OriginPolicy origins = OriginPolicy.sameHost();
        private DeflatePolicy compression = DeflatePolicy.OFF;
        private @Nullable TlsOptions tls;
        private boolean accessLog;
        private int shutdownCode = CloseCode.GOING_AWAY;
        private int shutdownBatch = 100;
        private Duration shutdownInterval = Duration.ofMillis(100);
        private Duration loopStallThreshold = Duration.ofMillis(200);
        private int taskWorkers = 64;
        private int maxQueuedTasks = 10_000;
        private boolean reusePort;
        private TcpFraming framing = TcpFraming.NONE;
        private ProxyProtocol proxyProtocol = ProxyProtocol.OFF;
        private TrustedProxies trustedProxies = TrustedProxies.NONE;
        private ForwardedHeader forwardedHeader = ForwardedHeader.X_FORWARDED_FOR;
        private @Nullable Set<PosixFilePermission> socketPermissions;

        private Builder(String host, int port) {
            requireAddress(host, port);
            this.host = host;
            this.port = port;
        }

        private Builder at(String host, int port) {
            requireAddress(host, port);
            this.host = host;
            this.port = port;
            return this;
        }

        private static void requireAddress(String host, int port) {
            Objects.requireNonNull(host, "host");
            require(!host.isBlank(), "host must not be blank", "'" + host + "'");
            require(port >= 0 && port <= 65_535, "port must be between 0 and 65535", port);
            require(!host.equals(UNIX), "unix: must be followed by a path", "'" + host + "'");
            require(
                    host.indexOf('\0') < 0,
                    "host must not contain a NUL, as the names of abstract sockets do",
                    "'" + host + "'");
            boolean named = host.startsWith(UNIX) || host.startsWith(SYSTEMD);
            require(!named || port == 0, "port must be 0 for a socket of Unix or systemd", port);
        }

        /** A copy in every field, those of later days included; all values are immutable. */
        @Override
        protected Builder clone() {
            try {
                return (Builder) super.clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError(e);
            }
        }

        /** How bytes reach the kernel. Default {@link Transport#AUTO}. */
        public Builder transport(Transport transport) {
            this.transport = Objects.requireNonNull(transport, "transport");
            return this;
        }

        /** Where handlers run. Default {@link Dispatch#VIRTUAL}. */
        public Builder dispatch(Dispatch dispatch) {
            this.dispatch = Objects.requireNonNull(dispatch, "dispatch");
            return this;
        }

        /** Event loops, at least 1. Default: one for each processor. */
        public Builder threads(int threads) {
            this.threads = positive(threads, "threads");
            return this;
        }

        /** Connections that may wait to be accepted, at least 1; the kernel may hold it lower. Default 1,024. */
        public Builder backlog(int backlog) {
            this.backlog = positive(backlog, "backlog");
            return this;
        }

        /**
         * Most connections at a time, each counted until its CLOSE handler has returned; a peer that comes on top of them is
         * answered 503 if this speaks HTTP without TLS, and else closed. 0: no limit. Default: nearly all of the descriptors
         * that the process may open, less a 256th and at least 64 or 8 for each event loop; at most 1,000,000.
         */
        public Builder maxConnections(int maxConnections) {
            this.maxConnections = notNegative(maxConnections, "maxConnections");
            return this;
        }

        /**
         * Most connections at a time from one IPv4 address, or from the IPv6 addresses with the same first 64 bits; one more is
         * answered 429, or closed, as for {@link #maxConnections}. Peers of Unix sockets have no address. 0, the default: no
         * limit, for behind a proxy or a carrier's NAT very many may share an address.
         */
        public Builder maxConnectionsPerAddress(int maxConnectionsPerAddress) {
            this.maxConnectionsPerAddress = notNegative(maxConnectionsPerAddress, "maxConnectionsPerAddress");
            return this;
        }

        /**
         * Most new connections in a second, and as many at once when none came for a second; one more is answered 503, or closed,
         * as for {@link #maxConnections}. At most 1,000,000,000. 0, the default: no limit.
         */
        public Builder maxConnectionsPerSecond(int maxConnectionsPerSecond) {
            this.maxConnectionsPerSecond = perSecond(maxConnectionsPerSecond, "maxConnectionsPerSecond");
            return this;
        }

        /**
         * Most messages or requests from one connection in a second, pings and pongs among them, and as many at once when none
         * came for a second; for plain TCP each read, or with {@link #framing} each package, is one. More: {@link #overRate}. At most 1,000,000,000. 0, the default: no limit.
         */
        public Builder maxMessagesPerSecond(int maxMessagesPerSecond) {
            this.maxMessagesPerSecond = perSecond(maxMessagesPerSecond, "maxMessagesPerSecond");
            return this;
        }

        /**
         * Most bytes from one connection in a second, all that it sends but TLS's own, and as many at once when none came for a
         * second. More: {@link #overRate}. At most 1,000,000,000. 0, the default: no limit.
         */
        public Builder maxBytesPerSecond(int maxBytesPerSecond) {
            this.maxBytesPerSecond = perSecond(maxBytesPerSecond, "maxBytesPerSecond");
            return this;
        }

        /** What happens to a peer that sends more in a second than it may. Default {@link OverRate#PAUSE}. */
        public Builder overRate(OverRate overRate) {
            this.overRate = Objects.requireNonNull(overRate, "overRate");
            return this;
        }

        /**
         * Longest whole message; a longer one closes its connection with 1009. So does a longer package of a TCP connection with
         * {@link #framing}, without a code; a longer datagram is dropped. Default 1 MiB.
         */
        public Builder maxMessageBytes(int maxMessageBytes) {
            require(maxMessageBytes <= MAX_BYTES, "maxMessageBytes must be at most " + MAX_BYTES, maxMessageBytes);
            this.maxMessageBytes = positive(maxMessageBytes, "maxMessageBytes");
            return this;
        }

        /** Longest payload of one frame, at most {@link #maxMessageBytes}, which is the default; longer: 1009. */
        public Builder maxFrameBytes(int maxFrameBytes) {
            this.maxFrameBytes = positive(maxFrameBytes, "maxFrameBytes");
            return this;
        }

        /** Most fragments of one message; one more closes its connection with 1009. 0: no limit. Default 131,072. */
        public Builder maxFragments(int maxFragments) {
            require(maxFragments >= 0, "maxFragments must not be negative", maxFragments);
            this.maxFragments = maxFragments;
            return this;
        }

        /** Longest request line, and longest sum of header lines; more is answered 414 or 431. Default 16 KiB. */
        public Builder maxRequestHeadBytes(int maxRequestHeadBytes) {
            this.maxRequestHeadBytes = positive(maxRequestHeadBytes, "maxRequestHeadBytes");
            return this;
        }

        /** Longest body of a plain HTTP request; a longer one is answered 413. Default 1 MiB. */
        public Builder maxRequestBodyBytes(int maxRequestBodyBytes) {
            this.maxRequestBodyBytes = positive(maxRequestBodyBytes, "maxRequestBodyBytes");
            return this;
        }

        /**
         * Most bytes, frame headers included, that wait to be sent to one peer; {@link #slowConsumer} says what becomes of a message
         * that would pass it. Default: 64 KiB and one message of {@link #maxMessageBytes}, or of a route's if that is more, 1 MiB at
         * least. More than 2 GiB less 1 MiB is as much as that.
         */
        public Builder maxQueuedBytes(int maxQueuedBytes) {
            this.maxQueuedBytes = positive(maxQueuedBytes, "maxQueuedBytes");
            return this;
        }

        /**
         * Most memory for what waits to be sent to all peers together. An eighth of it is kept for what buffers are larger than
         * what is in them; the rest are bytes that wait, in full 4 KiB of each peer: less than that is free. A push that would
         * pass it is {@code DROPPED}, or for a peer that does not keep up what {@link #slowConsumer} says. A queue may take a quarter of what
         * is left and no more, so that peers that do not read leave something to those that do. 0: no limit. Default: a fourth of the
         * direct memory that Netty may use.
         */
        public Builder maxTotalQueuedBytes(long maxTotalQueuedBytes) {
            require(maxTotalQueuedBytes >= 0, "maxTotalQueuedBytes must not be negative", maxTotalQueuedBytes);
            this.maxTotalQueuedBytes = maxTotalQueuedBytes;
            return this;
        }

        /**
         * When a peer is behind: a push is {@code QUEUED} from the moment that {@code high} bytes wait for it until no more than
         * {@code low} do, and then DRAIN is told. Default: 64 KiB or four fifths of {@link #maxQueuedBytes}, and half of that.
         *
         * @param high at least 1, at most {@link #maxQueuedBytes}
         * @param low less than {@code high}
         */
        public Builder queueMarks(int low, int high) {
            require(low >= 0, "lowQueuedBytes must not be negative", low);
            require(high > low, "highQueuedBytes must be over lowQueuedBytes (" + low + ")", high);
            this.lowQueuedBytes = low;
            this.highQueuedBytes = high;
            return this;
        }

        /** What becomes of a message for a peer that has not made room for it. Default {@link SlowConsumer#DISCONNECT}. */
        public Builder slowConsumer(SlowConsumer slowConsumer) {
            this.slowConsumer = Objects.requireNonNull(slowConsumer, "slowConsumer");
            return this;
        }

        /**
         * About how many bytes the kernel takes for one peer and has not sent yet, else some megabytes: many peers that do not read could
         * use up what the kernel has for the sockets of all. What is on its way through the network is not limited. With io_uring and epoll
         * only. 0: as many as the kernel likes. Default 256 KiB.
         */
        public Builder maxUnsentBytes(int maxUnsentBytes) {
            require(maxUnsentBytes >= 0, "maxUnsentBytes must not be negative", maxUnsentBytes);
            this.maxUnsentBytes = maxUnsentBytes;
            return this;
        }

        /**
         * Time in which a peer must take at least something of what is being written to it, else it is cut off; found after a fourth
         * more at the latest. Zero: never. Default 30 s.
         */
        public Builder writeTimeout(Duration writeTimeout) {
            this.writeTimeout = zeroOrMore(writeTimeout, "writeTimeout");
            return this;
        }

        /**
         * Bytes received from one peer that may wait for its handler before its socket is no longer read, until half of
         * them are handled. Default 1 MiB. What the kernel had handed over by then is taken; on io_uring that may be 2 MiB, and
         * more where many peers outrun one loop (ADR-0025).
         */
        public Builder maxPendingBytes(int maxPendingBytes) {
            this.maxPendingBytes = positive(maxPendingBytes, "maxPendingBytes");
            return this;
        }

        /** Topics and patterns one connection may be subscribed to; one more is refused. Default 128. */
        public Builder maxTopicsPerConnection(int maxTopicsPerConnection) {
            this.maxTopicsPerConnection = positive(maxTopicsPerConnection, "maxTopicsPerConnection");
            return this;
        }

        /** Longest name of a topic or pattern, in characters; a longer one is an {@code IllegalArgumentException}. Default 256. */
        public Builder maxTopicLength(int maxTopicLength) {
            this.maxTopicLength = positive(maxTopicLength, "maxTopicLength");
            return this;
        }

        /**
         * Bytes of what is published that may wait for one event loop, each message counted with 128 bytes on top; one more is not
         * delivered to the subscribers there, and {@code publish} says so. Default 64 MiB.
         */
        public Builder maxPublishedBytes(int maxPublishedBytes) {
            this.maxPublishedBytes = positive(maxPublishedBytes, "maxPublishedBytes");
            return this;
        }

        /**
         * Time a peer has, once connected, to send its first request whole, the TLS handshake included, else it gets 408; and
         * time the application has to decide about a handshake, else the peer gets 503. Default 10 s.
         */
        public Builder handshakeTimeout(Duration handshakeTimeout) {
            this.handshakeTimeout = positive(handshakeTimeout, "handshakeTimeout");
            return this;
        }

        /**
         * Time an HTTP connection may wait for its next request to begin before it is closed, and time the client has from there, or
         * from the answer to the one before, to send it whole, else it gets 408. Default 60 s.
         */
        public Builder keepAliveTimeout(Duration keepAliveTimeout) {
            this.keepAliveTimeout = positive(keepAliveTimeout, "keepAliveTimeout");
            return this;
        }

        /**
         * Silence of a WebSocket's peer after which it is pinged; whatever it sends breaks its silence, and while its socket is
         * not read it is not silent. {@link Duration#ZERO}: never. Default 25 s, for proxies take a minute's silence for an end.
         */
        public Builder pingInterval(Duration pingInterval) {
            this.pingInterval = zeroOrMore(pingInterval, "pingInterval");
            return this;
        }

        /** Time in which a pinged peer must send something, else it is gone and its connection ends with 1006. Default 10 s. */
        public Builder pongTimeout(Duration pongTimeout) {
            this.pongTimeout = positive(pongTimeout, "pongTimeout");
            return this;
        }

        /**
         * Time in which a peer must send something, whatever is spoken, else its connection is closed; it is not asked before.
         * Pongs count, so with pings it is of use for what is no WebSocket. {@link Duration#ZERO}, the default: no limit.
         */
        public Builder heartbeatIdleTime(Duration heartbeatIdleTime) {
            this.heartbeatIdleTime = zeroOrMore(heartbeatIdleTime, "heartbeatIdleTime");
            return this;
        }

        /**
         * Time after which a connection is closed on which nothing came in and nothing went out, pings and pongs included, and
         * bytes that its peer did not take not. {@link Duration#ZERO}, the default: no limit.
         */
        public Builder maxIdleTime(Duration maxIdleTime) {
            this.maxIdleTime = zeroOrMore(maxIdleTime, "maxIdleTime");
            return this;
        }

        /**
         * Age at which a connection is closed politely: a WebSocket with 1001, HTTP behind the response under way. Up to a tenth
         * less, so that those that came together do not end together. {@link Duration#ZERO}, the default: no limit.
         */
        public Builder maxLifetime(Duration maxLifetime) {
            this.maxLifetime = zeroOrMore(maxLifetime, "maxLifetime");
            return this;
        }

        /**
         * Time the application has to end the response to a plain HTTP request, else its client gets 503. {@link Duration#ZERO}:
         * no limit. Default 60 s.
         */
        public Builder responseTimeout(Duration responseTimeout) {
            this.responseTimeout = zeroOrMore(responseTimeout, "responseTimeout");
            return this;
        }

        /**
         * Time the closing handshake may take before the TCP connection is cut, from when the socket has taken our close frame and what was
         * sent before it; a peer that takes nothing of that for so long is cut off. Default 5 s.
         */
        public Builder closeTimeout(Duration closeTimeout) {
            this.closeTimeout = positive(closeTimeout, "closeTimeout");
            return this;
        }

        /** Time {@code close()} gives connections and handlers to end before it cuts them off. Default 10 s. */
        public Builder shutdownTimeout(Duration shutdownTimeout) {
            this.shutdownTimeout = positive(shutdownTimeout, "shutdownTimeout");
            return this;
        }

        /**
         * Time in which a server that ends is no longer ready but serves on and accepts, so that load balancers can turn to others before
         * they are refused; the time of the {@code shutdown} or {@code close} begins behind it. {@link Duration#ZERO}, the default: none.
         */
        public Builder shutdownDelay(Duration shutdownDelay) {
            this.shutdownDelay = zeroOrMore(shutdownDelay, "shutdownDelay");
            return this;
        }

        /** Subprotocols this server speaks, the preferred one first (RFC 6455 §1.9). Default: none. */
        public Builder subprotocols(List<String> subprotocols) {
            Handshake.requireSubprotocols(Objects.requireNonNull(subprotocols, "subprotocols"));
            this.subprotocols = List.copyOf(subprotocols);
            return this;
        }

        /**
         * How messages are compressed with clients that offer permessage-deflate (RFC 7692). Default {@link DeflatePolicy#OFF};
         * {@link DeflatePolicy#SHARED} costs no memory per connection, but for those whose message is unfinished; {@link DeflatePolicy#TAKEOVER}
         * makes messages shorter that are like those before them.
         */
        public Builder compression(DeflatePolicy compression) {
            this.compression = Objects.requireNonNull(compression, "compression");
            return this;
        }

        /** From which web pages browsers may connect; others get 403. Default {@link OriginPolicy#sameHost}. */
        public Builder origins(OriginPolicy origins) {
            this.origins = Objects.requireNonNull(origins, "origins");
            return this;
        }

        /** Speaks everything inside TLS, and nothing outside of it. Default: plain. */
        public Builder tls(TlsOptions tls) {
            this.tls = Objects.requireNonNull(tls, "tls");
            return this;
        }

        /**
         * Writes one INFO line to the logger {@code dev.tidewire.access} for each connection that has ended, TLS handshakes that
         * failed included. Default: off.
         */
        public Builder accessLog(boolean accessLog) {
            this.accessLog = accessLog;
            return this;
        }

        /**
         * The code that WebSockets are closed with when the server ends: 1001, it goes away, or 1012, it restarts and clients may
         * come back after a random delay. Default 1001.
         */
        public Builder shutdownCode(int shutdownCode) {
            require(
                    shutdownCode == CloseCode.GOING_AWAY || shutdownCode == CloseCode.SERVICE_RESTART,
                    "shutdownCode must be 1001 or 1012",
                    shutdownCode);
            this.shutdownCode = shutdownCode;
            return this;
        }

        /**
         * Fewest connections that {@code shutdown(Duration)} tells to go at a time; more when there are too many for the first half
         * of its time. Default 100.
         */
        public Builder shutdownBatch(int shutdownBatch) {
            this.shutdownBatch = positive(shutdownBatch, "shutdownBatch");
            return this;
        }

        /** Time between two such batches. Default 100 ms. */
        public Builder shutdownInterval(Duration shutdownInterval) {
            this.shutdownInterval = positive(shutdownInterval, "shutdownInterval");
            return this;
        }

        /**
         * From when on a handler, or whatever else, that holds an event loop is named in the log, in a warning when it is the application's, and counted as {@code
         * loop.stalled}; all of the loop's connections wait meanwhile. 0: never. Default 200 ms.
         *
         * @throws IllegalArgumentException when it is over 0 and under 10 ms, which a busy machine is late by on its own
         */
        public Builder loopStallThreshold(Duration loopStallThreshold) {
            zeroOrMore(loopStallThreshold, "loopStallThreshold");
            require(
                    loopStallThreshold.isZero() || loopStallThreshold.compareTo(Duration.ofMillis(10)) >= 0,
                    "loopStallThreshold must be 0 or at least 10 ms",
                    loopStallThreshold);
            this.loopStallThreshold = loopStallThreshold;
            return this;
        }

        /** Tasks that run at a time, each on a virtual thread. Default 64. */
        public Builder taskWorkers(int taskWorkers) {
            this.taskWorkers = positive(taskWorkers, "taskWorkers");
            return this;
        }

        /** Tasks that may wait while {@link #taskWorkers} run; one more is refused. Default 10,000. */
        public Builder maxQueuedTasks(int maxQueuedTasks) {
            this.maxQueuedTasks = positive(maxQueuedTasks, "maxQueuedTasks");
            return this;
        }

        /** Speaks outside of TLS: for a listener of a server that has it. */
        public Builder withoutTls() {
            tls = null;
            return this;
        }

        /**
         * Takes connections on one socket for each event loop, among which the kernel shares them out (SO_REUSEPORT), and lets other
         * processes of the same user listen on the same port. A connection stays on the loop that accepted it. Nothing changes for
         * a Unix domain socket. Default: one socket.
         */
        public Builder reusePort(boolean reusePort) {
            this.reusePort = reusePort;
            return this;
        }

        /** How the bytes of plain TCP connections are cut into packages. Default {@link TcpFraming#NONE}. */
        public Builder framing(TcpFraming framing) {
            this.framing = Objects.requireNonNull(framing, "framing");
            return this;
        }

        /**
         * Which connections begin with a header of the PROXY protocol, version 1 or 2, before TLS and everything else. It says who the
         * client is. One that is missing or malformed, or not there within {@link #handshakeTimeout}, closes its connection. Default
         * {@link ProxyProtocol#OFF}.
         */
        public Builder proxyProtocol(ProxyProtocol proxyProtocol) {
            this.proxyProtocol = Objects.requireNonNull(proxyProtocol, "proxyProtocol");
            return this;
        }

        /**
         * The proxies that are believed when they say who their client is: by {@link #proxyProtocol}, and in the
         * {@link #forwardedHeader}. Their own connections do not count for {@link #maxConnectionsPerAddress}: those of each client
         * count for its own address. Default: none.
         *
         * @param blocks see {@link TrustedProxies#of}
         * @throws IllegalArgumentException for one that is no block
         */
        public Builder trustedProxies(String... blocks) {
            this.trustedProxies = TrustedProxies.of(blocks);
            return this;
        }

        /**
         * The header in which trusted proxies say who their client is. It must be one that they all set, for they pass on the
         * others as the client sent them. Default {@link ForwardedHeader#X_FORWARDED_FOR}, which does nothing without
         * {@link #trustedProxies}.
         */
        public Builder forwardedHeader(ForwardedHeader forwardedHeader) {
            this.forwardedHeader = Objects.requireNonNull(forwardedHeader, "forwardedHeader");
            return this;
        }

        /**
         * Permissions of a Unix domain socket's file; who may write to it may connect. Default: what the process's umask leaves.
         *
         * @param permissions such as {@code rw-rw----}
         * @throws IllegalArgumentException for anything else
         */
        public Builder socketPermissions(String permissions) {
            try {
                this.socketPermissions = Set.copyOf(PosixFilePermissions.fromString(permissions));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "socketPermissions must look like rw-rw----, was '" + permissions + "'", e);
            }
            return this;
        }

        /**
         * Sets what these settings of Swoole's {@code set([...])} mean here; docs/swoole-parity.md lists them all. Numbers, booleans and texts are
         * as in PHP, sizes also such as {@code "2M"}.
         *
         * @param settings by Swoole's names
         * @throws IllegalArgumentException for one that is unknown, has no meaning here or a value that is none; it names the setting
         *     and its value, and says what there is in its place
         */
        public Builder fromSwoole(Map<String, ?> settings) {
            SwooleSettings.put(settings, this);
            return this;
        }

        /** The options.
         *
         * @throws IllegalArgumentException when two values contradict each other
         */
        public ServerOptions build() {
            return new ServerOptions(this);
        }

        private static int positive(int value, String name) {
            require(value > 0, name + " must be positive", value);
            return value;
        }

        private static int notNegative(int value, String name) {
            require(value >= 0, name + " must not be negative", value);
            return value;
        }

        private static int perSecond(int value, String name) {
            require(value <= 1_000_000_000, name + " must be at most 1000000000", value);
            return notNegative(value, name);
        }

        private static Duration positive(Duration value, String name) {
            Objects.requireNonNull(value, name);
            require(value.isPositive(), name + " must be positive", value);
            require(value.compareTo(LONGEST) <= 0, name + " must be at most " + LONGEST.toDays() + " days", value);
            return value;
        }

        private static Duration zeroOrMore(Duration value, String name) {
            return Duration.ZERO.equals(value) ? value : positive(value, name);
        }

        private static void require(boolean holds, String rule, Object was) {
            if (!holds) throw new IllegalArgumentException(rule + ", was " + was);
        }
    }
}
