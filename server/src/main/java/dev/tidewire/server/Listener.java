package dev.tidewire.server;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.engine.ConnectionTable;
import dev.tidewire.server.internal.engine.DatagramListening;
import dev.tidewire.server.internal.engine.Listening;
import dev.tidewire.server.internal.engine.StreamListening;
import dev.tidewire.server.options.ListenerProtocol;
import dev.tidewire.server.options.ServerOptions;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One address that a server listens on, with handlers of its own. An event without one goes to the server's handler.
 *
 * <p>Threads: any.
 */
public final class Listener {
    private static final Set<String> TCP_EVENTS = Set.of("connect", "receive", "drain", "close");
    private static final Set<String> HTTP_EVENTS = Set.of("connect", "request", "close");
    private static final Set<String> WEB_SOCKET_EVENTS = Set.of(
            "connect",
            "request",
            "handshake",
            "open",
            "message",
            "part",
            "ping",
            "pong",
            "closing",
            "drain",
            "close",
            "disconnect");
    private static final Set<String> UDP_EVENTS = Set.of("packet");

    private final Server server;
    private final ListenerProtocol protocol;
    private final ServerOptions options;
    private final Map<String, Object> registered = new ConcurrentHashMap<>();
    private volatile @Nullable Listening listening;

    Listener(Server server, ListenerProtocol protocol, ServerOptions options) {
        this.server = server;
        this.protocol = protocol;
        this.options = options;
    }

    /**
     * Registers the handler of an event of what comes in here, in place of one registered before.
     *
     * @throws IllegalStateException once the server was started
     * @throws IllegalArgumentException for an event that cannot happen here
     */
    public <H> Listener on(Event<H> event, H handler) {
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(handler, "handler");
        if (!events().contains(event.name())) {
            throw new IllegalArgumentException("event " + event + " does not happen on a listener for " + protocol
                    + ", of those there are " + events());
        }
        server.requireOwn(event);
        server.requireNew("event " + event);
        registered.put(event.name(), handler);
        return this;
    }

    /** What is spoken here. */
    public ListenerProtocol protocol() {
        return protocol;
    }

    /** What holds here. */
    public ServerOptions options() {
        return options;
    }

    /** The host as it was given. */
    public String host() {
        return options.host();
    }

    /**
     * The port it listens on; 0 on a Unix domain socket.
     *
     * @throws IllegalStateException before the server was started
     */
    public int port() {
        return address() instanceof InetSocketAddress bound ? bound.getPort() : 0;
    }

    /**
     * The address it listens on: an {@link InetSocketAddress} or a {@link java.net.UnixDomainSocketAddress}.
     *
     * @throws IllegalStateException before the server was started
     */
    public SocketAddress address() {
        Listening bound = listening;
        if (bound == null) throw new IllegalStateException("the server has not been started");
        return bound.address();
    }

    /** The open connections that came in here; none before the server was started. */
    public Connections connections() {
        return listening instanceof StreamListening bound
                ? new Connections(server.connectionTable(), bound)
                : new Connections(new ConnectionTable(), null);
    }

    /**
     * Sends a datagram from here. Never blocks; {@code SENT} says that it left, not that it arrives.
     *
     * @param recipient with an IP address, not the name of a host
     * @param data 1 to 65,507 bytes; they are copied before this returns
     * @return {@code DROPPED} when more than {@code maxQueuedBytes} would wait, {@code CLOSED} while the server does not run
     * @throws IllegalStateException when this is no listener for UDP
     * @throws IllegalArgumentException for data or an address that cannot be sent
     */
    public SendResult sendTo(SocketAddress recipient, byte[] data) {
        Objects.requireNonNull(data, "data");
        if (protocol != ListenerProtocol.UDP)
            throw new IllegalStateException("a listener for " + protocol + " sends no datagrams");
        if (!(recipient instanceof InetSocketAddress address)) {
            throw new IllegalArgumentException("a datagram needs an IP address and a port, was " + recipient);
        }
        return listening instanceof DatagramListening socket ? socket.sendTo(address, data) : SendResult.CLOSED;
    }

    /** {@link #sendTo(SocketAddress, byte[])} with text, as UTF-8. */
    public SendResult sendTo(SocketAddress recipient, String text) {
        return sendTo(recipient, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * {@link #sendTo(SocketAddress, byte[])} with an address in text.
     *
     * @param host an IPv4 or IPv6 address; names would have to be looked up, which blocks
     * @throws IllegalArgumentException for anything else, or a port out of range
     */
    public SendResult sendTo(String host, int port, byte[] data) {
        return sendTo(new InetSocketAddress(InetAddress.ofLiteral(host), port), data);
    }

    /** The handler registered here, or null. */
    @SuppressWarnings("unchecked") // on() put a handler of the event's own type under its name
    <H> @Nullable H handler(Event<H> event) {
        return (H) registered.get(event.name());
    }

    void listensAt(Listening listening) {
        this.listening = listening;
    }

    private Set<String> events() {
        return switch (protocol) {
            case TCP -> TCP_EVENTS;
            case HTTP -> HTTP_EVENTS;
            case WEB_SOCKET -> WEB_SOCKET_EVENTS;
            case UDP -> UDP_EVENTS;
        };
    }
}
