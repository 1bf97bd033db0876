package dev.tidewire.server.options;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * What one more listener of a server speaks, and where it differs from the server's own options. Immutable.
 *
 * <pre>{@code
 * server.listen("0.0.0.0", 443, ListenerOptions.webSocket().with(options -> options.tls(tls).maxMessageBytes(64 << 10)));
 * }</pre>
 */
public final class ListenerOptions {
    private final ListenerProtocol protocol;
    private final Consumer<ServerOptions.Builder> overrides;

    private ListenerOptions(ListenerProtocol protocol, Consumer<ServerOptions.Builder> overrides) {
        this.protocol = protocol;
        this.overrides = overrides;
    }

    /** Plain TCP; any server may listen for it. */
    public static ListenerOptions tcp() {
        return new ListenerOptions(ListenerProtocol.TCP, ListenerOptions::asTheServer);
    }

    /** HTTP without WebSocket; needs an {@code HttpServer} or a {@code WebSocketServer}. */
    public static ListenerOptions http() {
        return new ListenerOptions(ListenerProtocol.HTTP, ListenerOptions::asTheServer);
    }

    /** WebSocket, and HTTP beside it; needs a {@code WebSocketServer}. */
    public static ListenerOptions webSocket() {
        return new ListenerOptions(ListenerProtocol.WEB_SOCKET, ListenerOptions::asTheServer);
    }

    /** Datagrams; any server may listen for them. */
    public static ListenerOptions udp() {
        return new ListenerOptions(ListenerProtocol.UDP, ListenerOptions::asTheServer);
    }

    /**
     * These options, with what {@code overrides} sets in place of the server's values. It is called when the listener is added.
     */
    public ListenerOptions with(Consumer<ServerOptions.Builder> overrides) {
        Objects.requireNonNull(overrides, "overrides");
        return new ListenerOptions(protocol, this.overrides.andThen(overrides));
    }

    /** What is spoken. */
    public ListenerProtocol protocol() {
        return protocol;
    }

    /**
     * The options that come of this for a listener of a server.
     *
     * @throws IllegalArgumentException for an address that is none, an override that is no good, or one of what only a whole
     *     server has: {@code transport}, {@code dispatch}, {@code threads}, {@code writeTimeout}, {@code maxTotalQueuedBytes},
     *     and all on shutdown, tasks, topics, stalled loops and how many connections there are
     */
    public ServerOptions over(ServerOptions server, String host, int port) {
        ServerOptions.Builder builder = server.copyFor(host, port);
        overrides.accept(builder);
        ServerOptions options = builder.build();
        requireServers("transport", server.transport(), options.transport());
        requireServers("dispatch", server.dispatch(), options.dispatch());
        requireServers("threads", server.threads(), options.threads());
        requireServers("shutdownTimeout", server.shutdownTimeout(), options.shutdownTimeout());
        requireServers("shutdownDelay", server.shutdownDelay(), options.shutdownDelay());
        requireServers("shutdownCode", server.shutdownCode(), options.shutdownCode());
        requireServers("shutdownBatch", server.shutdownBatch(), options.shutdownBatch());
        requireServers("shutdownInterval", server.shutdownInterval(), options.shutdownInterval());
        requireServers("loopStallThreshold", server.loopStallThreshold(), options.loopStallThreshold());
        requireServers("taskWorkers", server.taskWorkers(), options.taskWorkers());
        requireServers("maxQueuedTasks", server.maxQueuedTasks(), options.maxQueuedTasks());
        requireServers("maxConnections", server.maxConnections(), options.maxConnections());
        requireServers(
                "maxConnectionsPerAddress", server.maxConnectionsPerAddress(), options.maxConnectionsPerAddress());
        requireServers("maxConnectionsPerSecond", server.maxConnectionsPerSecond(), options.maxConnectionsPerSecond());
        requireServers("maxTopicsPerConnection", server.maxTopicsPerConnection(), options.maxTopicsPerConnection());
        requireServers("maxTopicLength", server.maxTopicLength(), options.maxTopicLength());
        requireServers("maxPublishedBytes", server.maxPublishedBytes(), options.maxPublishedBytes());
        requireServers("maxTotalQueuedBytes", server.maxTotalQueuedBytes(), options.maxTotalQueuedBytes());
        requireServers("writeTimeout", server.writeTimeout(), options.writeTimeout());
        return options;
    }

    private static void asTheServer(ServerOptions.Builder options) {}

    private static void requireServers(String name, Object servers, Object listeners) {
        if (servers.equals(listeners)) return;
        throw new IllegalArgumentException(
                name + " is the whole server's (" + servers + "), a listener cannot have its own, was " + listeners);
    }
}
