package dev.tidewire.server;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.dispatch.TaskQueue;
import dev.tidewire.server.internal.engine.Blame;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.ConnectionTable;
import dev.tidewire.server.internal.engine.Conversation;
import dev.tidewire.server.internal.engine.DatagramListening;
import dev.tidewire.server.internal.engine.Engine;
import dev.tidewire.server.internal.engine.LoopThread;
import dev.tidewire.server.internal.engine.Nanos;
import dev.tidewire.server.internal.engine.Opening;
import dev.tidewire.server.internal.engine.PacketEvents;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.engine.Totals;
import dev.tidewire.server.internal.proxy.Proxied;
import dev.tidewire.server.internal.tcp.TcpConversation;
import dev.tidewire.server.internal.tcp.TcpEvents;
import dev.tidewire.server.internal.tls.Tls;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.server.options.ListenerProtocol;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A TCP server, and what every server has: events, connections known by their fd, start and end.
 *
 * <p>An fd counts up from 1 and is never used again, so that what is sent late to a connection that is gone reaches nobody.
 * What a peer does is never an exception: methods that take an fd say by their result that there is no such connection.
 *
 * <p>Threads: all methods may be called from any thread.
 */
public sealed class Server implements AutoCloseable permits HttpServer {
    /** A connection was accepted, whatever it will speak. */
    public static final Event<ConnectHandler<Server>> CONNECT = new Event<>("connect", Server.class);

    /** Bytes came in on a plain TCP connection; required there. */
    public static final Event<ReceiveHandler<Server>> RECEIVE = new Event<>("receive", Server.class);

    /**
     * A connection that did not keep up does again: {@code highQueuedBytes} or more waited for it, or something was refused, and now
     * {@code lowQueuedBytes} wait at most. Once for each such time: whoever was told {@code QUEUED} or {@code DROPPED} may wait for it.
     */
    public static final Event<ConnectHandler<Server>> DRAIN = new Event<>("drain", Server.class);

    /** A connection is gone; on a {@link WebSocketServer} only one that was a WebSocket. */
    public static final Event<CloseHandler<Server>> CLOSE = new Event<>("close", Server.class);

    /** The server listens. */
    public static final Event<ServerHandler<Server>> START = new Event<>("start", Server.class);

    /** The server has ended: no connection is left and none can come. */
    public static final Event<ServerHandler<Server>> SHUTDOWN = new Event<>("shutdown", Server.class);

    /** A task was handed over by {@link #task} or {@link #taskWait}; required to have any. */
    public static final Event<TaskHandler<Server>> TASK = new Event<>("task", Server.class);

    /** A task that {@link #task} handed over has a result. */
    public static final Event<FinishHandler<Server>> FINISH = new Event<>("finish", Server.class);

    /** A handler threw. Without a handler of its own it is one line in the log. */
    public static final Event<ErrorHandler<Server>> ERROR = new Event<>("error", Server.class);

    /** A datagram came in; required where one listens for UDP. */
    public static final Event<PacketHandler<Server>> PACKET = new Event<>("packet", Server.class);

    /** What an action of {@link #tick} is measured as; it cannot be registered for. */
    private static final Event<LongConsumer> TICK = new Event<>("tick", Server.class);

    /** What an action of {@link #after} is measured as. */
    private static final Event<Runnable> AFTER = new Event<>("after", Server.class);

    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(365);
    /** Bound while a server ends. */
    private static final ScopedValue<Server> ENDING = ScopedValue.newInstance();

    /** In place of a route where there is none. */
    static final String NO_ROUTE = "-";

    private final ServerOptions options;
    private final Map<String, Object> registered = new HashMap<>();
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
    private final CountDownLatch ended = new CountDownLatch(1);
    /** Counted down when the server's end need not be delayed any longer. */
    private final CountDownLatch noDelay = new CountDownLatch(1);

    private volatile @Nullable Engine engine;
    private volatile @Nullable Tasks tasks;
    private volatile List<Tls> tls = List.of();
    /** Guarded by {@link #registered}, as is the list of the others. */
    private @Nullable Listener main;

    private final List<Listener> others = new ArrayList<>();
    private volatile ErrorHandler<? super Server> errors = Server::log;
    private volatile boolean ready;
    final HandlerCalls calls = new HandlerCalls();

    private enum Phase {
        NEW,
        STARTED,
        CLOSING
    }

    /**
     * A server that will listen on this address with default options.
     *
     * @param host an IPv4 or IPv6 address or a host name
     * @param port 0 to 65535; 0 takes any free one, see {@link #port}
     * @throws IllegalArgumentException for a blank host or a port out of range
     */
    public Server(String host, int port) {
        this(ServerOptions.of(host, port));
    }

    /** A server with these options. */
    public Server(ServerOptions options) {
        this.options = Objects.requireNonNull(options, "options");
    }

    /**
     * Registers the handler of an event, in place of one registered before.
     *
     * @throws IllegalStateException once the server was started
     * @throws IllegalArgumentException for an event that this kind of server does not have
     */
    public <H> Server on(Event<H> event, H handler) {
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(handler, "handler");
        requireOwn(event);
        synchronized (registered) {
            requireNew("event " + event);
            registered.put(event.name(), handler);
        }
        return this;
    }

    /**
     * Adds an address to listen on. Handlers and options that the listener does not have of its own are the server's, TLS
     * included.
     *
     * @param host as in {@link ServerOptions#builder}
     * @param port 0 to 65535; 0 takes any free one, see {@link Listener#port}, and is what a socket of Unix or systemd has
     * @throws IllegalStateException once the server was started
     * @throws IllegalArgumentException for options that are no good, or a protocol that this kind of server does not speak
     */
    public Listener listen(String host, int port, ListenerOptions options) {
        if (!speaks(options.protocol())) {
            throw new IllegalArgumentException("listening for " + options.protocol() + " is not for a "
                    + getClass().getSimpleName());
        }
        Listener listener = new Listener(this, options.protocol(), options.over(this.options, host, port));
        synchronized (registered) {
            requireNew("a listener");
            others.add(listener);
        }
        return listener;
    }

    /** Adds a Unix domain socket to listen on; see {@link #listen(String, int, ListenerOptions)}. */
    public Listener listen(Path socket, ListenerOptions options) {
        return listen("unix:" + socket, 0, options);
    }

    /** Where it listens: what it was made with comes first, then what was added, in that order. */
    public List<Listener> listeners() {
        synchronized (registered) {
            if (main == null) main = new Listener(this, protocol(), options);
            return Stream.concat(Stream.of(main), others.stream()).toList();
        }
    }

    /**
     * Binds and accepts; returns when it listens. The process then lives until {@link #shutdown} or {@link #close}.
     *
     * @throws IllegalStateException when it was started before, or a required handler is missing
     * @throws java.io.UncheckedIOException naming host and port when they cannot be listened on
     * @throws dev.tidewire.server.options.TlsConfigurationException naming the option, the file and the reason when a
     *     certificate, key or trust file cannot be used
     */
    public void start() {
        synchronized (registered) {
            listeners().forEach(this::requireHandlers);
            if (!phase.compareAndSet(Phase.NEW, Phase.STARTED)) {
                throw new IllegalStateException(
                        "a server starts once, this one " + (phase.get() == Phase.STARTED ? "runs" : "was closed"));
            }
            errors = Objects.requireNonNullElse(handler(ERROR), Server::log);
            listenOrEnd();
        }
        callBack(START);
    }

    /**
     * Ends the server without losing what it has taken on. From now on it is not {@link #isReady ready}; after {@code shutdownDelay}
     * {@code atMost} begins, and it accepts no more; its connections are told to go in batches over the first half of {@code atMost}
     * (a WebSocket with {@code shutdownCode}), so that their clients do not all come back elsewhere at once; what waits for them is
     * flushed; the handlers of all messages that were read are awaited, then the tasks. What is left at the end of {@code atMost} is
     * cut off. Each step is one line in the log.
     *
     * <p>Called by a handler of this server, on an event loop or in SHUTDOWN it returns at once and the server ends behind it; else it
     * returns when all is done. While the server ends already, it only waits; with zero it also ends the delay. Does nothing on a
     * server that was never started.
     *
     * @param atMost zero cuts everything off at once, without a delay
     * @throws IllegalArgumentException when {@code atMost} is negative or over 365 days
     */
    public void shutdown(Duration atMost) {
        if (atMost.isNegative() || atMost.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("the time of a shutdown must be 0 to 365 days, was " + atMost);
        }
        end(atMost, true);
    }

    /** {@link #shutdown} in {@code shutdownTimeout}, telling all connections at once. */
    @Override
    public void close() {
        end(options.shutdownTimeout(), false);
    }

    private void end(Duration atMost, boolean staggered) {
        if (atMost.isZero()) noDelay.countDown();
        Phase before;
        Engine running;
        synchronized (registered) { // a start under way is waited for
            before = phase.getAndSet(Phase.CLOSING);
            running = engine;
            ready = false;
        }
        if (before == Phase.NEW || running == null) {
            ended.countDown();
            return;
        }
        if (before == Phase.STARTED) {
            Runnable end = () -> shutDown(running, atMost, staggered);
            Thread.ofPlatform()
                    .name("tidewire-shutdown")
                    .start(() -> ScopedValue.where(ENDING, this).run(end));
        }
        if (!isAwaitedHere(running)) waitUntilEnded();
    }

    /**
     * Waits until the server has ended.
     *
     * @throws InterruptedException when the waiting thread is interrupted; the server runs on
     */
    public void awaitShutdown() throws InterruptedException {
        ended.await();
    }

    /** True from its start until its end begins, {@code shutdownDelay} before it accepts no more. What a readiness probe asks. */
    public boolean isReady() {
        return ready;
    }

    /** The host as it was given. */
    public String host() {
        return options.host();
    }

    /**
     * The port it listens on; 0 on a Unix domain socket.
     *
     * @throws IllegalStateException before {@link #start}
     */
    public int port() {
        running();
        return listeners().getFirst().port();
    }

    /**
     * The address it listens on; see {@link #listeners} for others.
     *
     * @throws IllegalStateException before {@link #start}, and when it is a Unix domain socket
     */
    public InetSocketAddress localAddress() {
        running();
        SocketAddress address = listeners().getFirst().address();
        if (address instanceof InetSocketAddress bound) return bound;
        throw new IllegalStateException("the server listens on a Unix domain socket, " + address);
    }

    /**
     * The transport in use, never {@code AUTO}.
     *
     * @throws IllegalStateException before {@link #start}
     */
    public Transport transport() {
        return running().transport();
    }

    /** The options it was made with. */
    public ServerOptions options() {
        return options;
    }

    /**
     * Reads the files of the TLS options again, now: connections that come from here on get what they hold, open ones go on.
     *
     * @throws dev.tidewire.server.options.TlsConfigurationException naming the option, the file and the reason when one
     *     cannot be used; all certificates then stay as they were
     * @throws IllegalStateException before {@link #start}, and on a server without TLS
     */
    public void reloadCertificates() {
        List<Tls> running = tls;
        if (running.isEmpty()) throw new IllegalStateException("the server has not been started, or not with TLS");
        Tls.reload(running);
    }

    /**
     * What the server has counted so far, by name: {@code tls.plaintext} (plain text on a TLS port),
     * {@code tls.handshake_failed.<reason>}, {@code tls.renegotiation}, {@code tls.empty_records}, {@code http.tls_client} (TLS on a
     * plain port), {@code http.malformed}, {@code violation.<rule>} (WebSockets closed for a broken rule), {@code limit.<option>} (an option's limit was met), {@code
     * refused.<reason>} (handshakes), {@code slow.disconnect}, {@code slow.drop_newest}, {@code slow.drop_oldest}, {@code slow.conflate}
     * and {@code slow.cut_off} (what was done about peers that do not make room: connections closed, messages dropped, messages
     * replaced, connections cut off), {@code shutdown.<outcome>}, {@code udp.send_failed}, {@code udp.dropped}
     * (datagrams, whatever for) and {@code loop.stalled}. A name appears when it is first counted.
     */
    public Map<String, Long> counters() {
        Engine running = engine;
        return running == null ? Map.of() : running.counters().snapshot();
    }

    /**
     * What the server has done so far and does now. Reads what each loop has counted and looks at every connection once: for every few
     * seconds, not for every message.
     *
     * @throws IllegalStateException before {@link #start}
     */
    public ServerStats stats() {
        Engine running = running();
        Totals totals = running.totals();
        Tasks present = tasks;
        TaskQueue.Load load = present == null ? TaskQueue.Load.NONE : present.load();
        int taskWorkers = present == null ? 0 : options.taskWorkers();
        return new ServerStats(
                running.startTime(),
                running.connections().count(),
                totals.opened(),
                totals.closed(),
                totals.turnedAway(),
                options.dispatch() instanceof Dispatch.Workers(int workers) ? workers : options.threads(),
                totals.dispatched(),
                totals.messagesReceived(),
                totals.messagesSent(),
                totals.bytesReceived(),
                totals.bytesSent(),
                totals.busy(),
                totals.minFd(),
                totals.maxFd(),
                taskWorkers,
                taskWorkers - load.running(),
                load.waiting(),
                load.running(),
                load.accepted(),
                totals.packetsReceived(),
                totals.packetsSent(),
                running.counters().read(DatagramListening.DROPPED),
                totals.queuedBytes(),
                Duration.ofNanos(running.loopLagNanos()),
                totals.closes());
    }

    /** Has {@code observer} hear what the server measures from now on. At any time, also before the start. */
    public void observe(ServerObserver observer) {
        calls.add(Objects.requireNonNull(observer, "observer"));
    }

    /** Has {@code observer} hear no more. */
    public void unobserve(ServerObserver observer) {
        calls.remove(observer);
    }

    /**
     * Hands {@code data} to the TASK handler, which runs elsewhere, and soon; FINISH hears of its result. Never blocks.
     *
     * @return the task's id; empty when it was refused, because {@code maxQueuedTasks} wait already or the server has ended
     * @throws IllegalStateException before {@link #start}, and without a handler of {@link #TASK}
     */
    public OptionalLong task(Object data) {
        Task accepted = tasks().submit(Objects.requireNonNull(data, "data"));
        return accepted == null ? OptionalLong.empty() : OptionalLong.of(accepted.id());
    }

    /**
     * Hands {@code data} to the TASK handler and waits for what becomes of it; FINISH does not hear of it.
     *
     * @throws IllegalArgumentException for a negative time
     * @throws IllegalStateException as {@link #task}, and on an event loop, which must not wait
     */
    public TaskOutcome taskWait(Object data, Duration atMost) throws InterruptedException {
        return taskWaitMulti(List.of(Objects.requireNonNull(data, "data")), atMost)
                .getFirst();
    }

    /**
     * {@link #taskWait} for several tasks, which run at the same time as far as {@code taskWorkers} allows.
     *
     * @return what became of each, in the order of {@code data}
     */
    public List<TaskOutcome> taskWaitMulti(List<?> data, Duration atMost) throws InterruptedException {
        Tasks all = tasks();
        if (Engine.isLoop(Thread.currentThread())) {
            throw new IllegalStateException("a handler on the event loop must not wait for a task");
        }
        long deadline = System.nanoTime() + Nanos.of(atMost);
        List<Tasks.Awaited> begun = data.stream().map(all::begin).toList();
        return Tasks.Awaited.awaitAll(begun, deadline);
    }

    /** The open connections; none before {@link #start}. */
    public Connections connections() {
        return new Connections(connectionTable(), null);
    }

    /** True while there is an open connection with this fd, whatever it speaks. */
    public boolean exists(long fd) {
        Connection connection = find(fd);
        return connection != null && connection.isOpen();
    }

    /** What is known of a connection: while it is open, and still inside CLOSE. */
    public Optional<ClientInfo> clientInfo(long fd) {
        Connection connection = find(fd);
        return connection == null ? Optional.empty() : Optional.of(connection.info());
    }

    /**
     * The application's own data for a connection, gone with it: while it is open, and still inside CLOSE. For an fd that is
     * gone this is an empty map that nobody else sees.
     */
    public ConcurrentMap<String, Object> attributes(long fd) {
        Connection connection = find(fd);
        return connection == null ? new ConcurrentHashMap<>() : connection.attributes();
    }

    /**
     * Bytes that were accepted for all connections and that their sockets have not taken yet, in full 4 KiB of each: what {@code maxTotalQueuedBytes} limits, to seven eighths of it.
     */
    public long queuedBytes() {
        Engine running = engine;
        return running == null ? 0 : running.budget().usedBytes();
    }

    /** Bytes that were accepted for this connection and that its socket has not taken yet; 0 when there is none. */
    public int queuedBytes(long fd) {
        Connection connection = find(fd);
        return connection == null ? 0 : connection.outbound().queuedBytes();
    }

    /**
     * Sends a copy of {@code data} on a plain TCP connection. Never blocks; what does not fit its queue is the {@code slowConsumer}
     * option's.
     *
     * @throws IllegalArgumentException when the connection speaks HTTP or WebSocket, whose bytes are not the application's
     */
    public SendResult send(long fd, byte[] data) {
        Objects.requireNonNull(data, "data");
        TcpConversation tcp = plainTcp(fd);
        return tcp == null ? SendResult.CLOSED : tcp.send(data);
    }

    /** {@link #send(long, byte[])} with text, as UTF-8. */
    public SendResult send(long fd, String text) {
        return send(fd, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sends {@code data} on a plain TCP connection as soon as its queue has room, and returns when it has been put there. Who waits is
     * served in order, and what others send meanwhile without waiting is {@code DROPPED} rather than let past.
     *
     * <p>For virtual threads and workers: an event loop must not wait.
     *
     * @param data not changed by the caller until this returns
     * @return {@code DROPPED} when there was no room for {@code atMost}, or the queue could never hold so much; {@code CLOSED} when the
     *     connection ended meanwhile
     * @throws InterruptedException when the thread was interrupted before there was room; nothing was sent
     * @throws IllegalStateException on an event loop
     * @throws IllegalArgumentException when the connection speaks HTTP or WebSocket, and for a negative time
     */
    public SendResult sendBlocking(long fd, byte[] data, Duration atMost) throws InterruptedException {
        Objects.requireNonNull(data, "data");
        long atMostNanos = Nanos.of(atMost);
        requireMayWait();
        TcpConversation tcp = plainTcp(fd);
        return tcp == null ? SendResult.CLOSED : tcp.sendBlocking(data, atMostNanos);
    }

    /** Null for one that has ended, or is not open yet. */
    private @Nullable TcpConversation plainTcp(long fd) {
        return switch (conversation(fd)) {
            case null -> null;
            case Opening _ -> null;
            case TcpConversation tcp -> tcp;
            default ->
                throw new IllegalArgumentException(
                        "fd " + fd + " is not a plain TCP connection: use push or the response");
        };
    }

    /** Fails on an event loop, all of whose connections would wait. */
    static void requireMayWait() {
        if (Engine.isLoop(Thread.currentThread())) {
            throw new IllegalStateException("an event loop must not wait: use push or send, or another dispatch");
        }
    }

    /**
     * Closes a connection behind what waits to be sent: a WebSocket with the closing handshake and code 1000, HTTP behind the
     * response under way, plain TCP at once.
     *
     * @return false when there is no such open connection, or it is closing already
     */
    public boolean close(long fd) {
        Conversation conversation = conversation(fd);
        return conversation != null && conversation.close();
    }

    /**
     * Cuts a connection off: what waits to be sent is dropped, and the peer sees a reset. For peers that deserve no more; CLOSE has
     * 1006.
     *
     * @return false when there is no such open connection
     */
    public boolean abort(long fd) {
        return withOpen(fd, Connection::reset);
    }

    /**
     * Stops reading from a connection until {@link #resume}, so that its peer has to wait once the sockets between are full. What was
     * read before still comes, pings are not answered meanwhile, and that the peer has gone is not noticed. Reading goes on
     * when the connection begins to close.
     *
     * @return false when there is no such open connection
     */
    public boolean pause(long fd) {
        return withOpen(fd, connection -> connection.pauseReading(Connection.Pause.APPLICATION));
    }

    /**
     * Reads again from a connection that was {@linkplain #pause paused}.
     *
     * @return false when there is no such open connection
     */
    public boolean resume(long fd) {
        return withOpen(fd, connection -> connection.resumeReading(Connection.Pause.APPLICATION));
    }

    private boolean withOpen(long fd, Consumer<Connection> onLoop) {
        Connection connection = find(fd);
        if (connection == null || !connection.isOpen()) return false;
        connection.onLoop(() -> onLoop.accept(connection));
        return true;
    }

    /**
     * Spares a connection the end that idle ones come to by {@code pongTimeout}, {@code heartbeatIdleTime} and {@code maxIdleTime},
     * or no longer spares it.
     *
     * @return false when there is no such open connection
     */
    public boolean protect(long fd, boolean on) {
        Connection connection = find(fd);
        if (connection == null || !connection.isOpen()) return false;
        connection.spare(on);
        return true;
    }

    /**
     * Runs {@code action} once when {@code delay} has gone by, at most some 10 ms later, where handlers run; what it throws goes to ERROR
     * with fd 0. Timers end when the server begins to close; one set after that never runs.
     *
     * @param delay at most 365 days
     * @return the timer's number, for {@link #clearTimer}
     * @throws IllegalStateException before {@link #start}
     */
    public long after(Duration delay, Runnable action) {
        Objects.requireNonNull(action, "action");
        if (delay.isNegative() || delay.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("delay must be 0 to 365 days, was " + delay);
        }
        return running().timers().start(delay.toNanos(), 0, timer -> run(AFTER, action::run));
    }

    /**
     * Runs {@code action} every {@code period}, for the first time after one, where handlers run and never twice at a time: when it
     * takes longer than a period, those it was too late for are left out. What it throws goes to ERROR with fd 0, and it
     * runs again. Timers end when the server begins to close.
     *
     * @param period 1 ms to 365 days
     * @param action is given the timer's number
     * @return the timer's number, for {@link #clearTimer}
     * @throws IllegalStateException before {@link #start}
     */
    public long tick(Duration period, LongConsumer action) {
        Objects.requireNonNull(action, "action");
        if (period.compareTo(SHORTEST_PERIOD) < 0 || period.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("period must be 1 ms to 365 days, was " + period);
        }
        return running()
                .timers()
                .start(period.toNanos(), period.toNanos(), timer -> run(TICK, () -> action.accept(timer)));
    }

    /**
     * Ends a timer: it does not begin to run again. Called by a tick's own action it is its last.
     *
     * @return false when there is no such timer, as when it has run for the last time
     */
    public boolean clearTimer(long timer) {
        Engine running = engine;
        return running != null && running.timers().clear(timer);
    }

    /**
     * Sends a datagram from the first listener for UDP; see {@link Listener#sendTo(SocketAddress, byte[])}.
     *
     * @throws IllegalStateException when there is no listener for UDP
     */
    public SendResult sendTo(SocketAddress recipient, byte[] data) {
        return datagrams().sendTo(recipient, data);
    }

    /** {@link #sendTo(SocketAddress, byte[])} with text, as UTF-8. */
    public SendResult sendTo(SocketAddress recipient, String text) {
        return datagrams().sendTo(recipient, text);
    }

    /**
     * Sends a datagram from the first listener for UDP; see {@link Listener#sendTo(String, int, byte[])}.
     *
     * @throws IllegalStateException when there is no listener for UDP
     */
    public SendResult sendTo(String host, int port, byte[] data) {
        return datagrams().sendTo(host, port, data);
    }

    private Listener datagrams() {
        for (Listener listener : listeners()) {
            if (listener.protocol() == ListenerProtocol.UDP) return listener;
        }
        throw new IllegalStateException(
                "sending datagrams needs a listener for UDP: listen(host, port, ListenerOptions.udp())");
    }

    /** What is spoken on the address that this was made with. */
    ListenerProtocol protocol() {
        return ListenerProtocol.TCP;
    }

    /** True for what may be spoken on an address that is added. */
    boolean speaks(ListenerProtocol protocol) {
        return protocol == ListenerProtocol.TCP || protocol == ListenerProtocol.UDP;
    }

    /** Fails unless every handler is there that {@code listener} cannot do without. */
    void requireHandlers(Listener listener) {
        require(listener, listener.protocol() == ListenerProtocol.UDP ? PACKET : RECEIVE);
    }

    /** The longest message that may come in on {@code listener}. */
    int maxMessageBytes(Listener listener) {
        return listener.options().maxMessageBytes();
    }

    /** What is spoken on a listener's connections, TLS and all. */
    Protocol protocol(Listener listener) {
        TcpEvents events = new Upcalls(listener);
        return secured(
                listener, connection -> TcpConversation.begin(connection, listener.options(), events), List.of());
    }

    private PacketEvents packetEvents(Listener listener) {
        PacketHandler<Server> handler = Objects.requireNonNull(handler(listener, PACKET));
        return (sender, data) -> run(PACKET, () -> handler.handle(this, new Packet(listener, sender, data)));
    }

    /** Brings what happens on plain TCP connections to the application's handlers. */
    private final class Upcalls implements TcpEvents {
        private final @Nullable ConnectHandler<Server> connect;
        private final ReceiveHandler<Server> receive;
        private final @Nullable ConnectHandler<Server> drain;
        private final @Nullable CloseHandler<Server> close;

        Upcalls(Listener listener) {
            connect = handler(listener, CONNECT);
            receive = Objects.requireNonNull(handler(listener, RECEIVE));
            drain = handler(listener, DRAIN);
            close = handler(listener, CLOSE);
        }

        @Override
        public void connected(Connection connection) {
            tellConnected(connection, connect);
        }

        @Override
        public void received(Connection connection, byte[] data) {
            run(connection, RECEIVE, NO_ROUTE, () -> receive.handle(Server.this, connection.fd(), data));
        }

        @Override
        public boolean hearsDrain() {
            return drain != null;
        }

        @Override
        public void drained(Connection connection) {
            if (drain != null) run(connection, DRAIN, NO_ROUTE, () -> drain.handle(Server.this, connection.fd()));
        }

        @Override
        public void framingFailed(Connection connection, Throwable cause) {
            tellError(connection.fd(), cause);
            failed(connection);
        }

        @Override
        public void closed(Connection connection, CloseEvent event) {
            if (close != null) run(connection, CLOSE, NO_ROUTE, () -> close.handle(Server.this, event));
        }
    }

    /**
     * {@code plain}, within TLS and behind the PROXY protocol where the options say so; {@code applicationProtocols} is what ALPN
     * announces.
     */
    final Protocol secured(Listener listener, Protocol plain, List<String> applicationProtocols) {
        ServerOptions here = listener.options();
        if (here.tls().isEmpty()) return Proxied.around(plain, here);
        Tls around = Tls.around(plain, here, here.tls().get(), applicationProtocols);
        tls = Stream.concat(tls.stream(), Stream.of(around)).toList();
        return Proxied.around(around, here);
    }

    /** Fails for an event that this kind of server does not have. */
    final void requireOwn(Event<?> event) {
        if (event.owner().isInstance(this)) return;
        throw new IllegalArgumentException("event " + event + " needs a "
                + event.owner().getSimpleName() + ", this is a " + getClass().getSimpleName());
    }

    /** Counts one more of {@code name}; see {@link #counters}. */
    final void count(String name) {
        Engine running = engine;
        if (running != null) running.counters().count(name);
    }

    /** Fails once the server was started. */
    final void requireNew(String what) {
        if (phase.get() != Phase.NEW) {
            throw new IllegalStateException("handlers are registered before start(), " + what + " came after");
        }
    }

    /** Frees what this kind of server holds besides its engine, which has ended. */
    void ended() {}

    final void require(Listener listener, Event<?> event) {
        if (handler(listener, event) != null) return;
        boolean added = others.contains(listener);
        throw new IllegalStateException("start() needs a handler of the event " + event
                + (added
                        ? " for the listener on " + listener.host() + ":"
                                + listener.options().port()
                        : ""));
    }

    /** The listener's own handler for {@code event} or, where it has none, the server's; or null. */
    final <H> @Nullable H handler(Listener listener, Event<H> event) {
        H own = listener.handler(event);
        return own == null ? handler(event) : own;
    }

    /** The handler registered for {@code event}, or null. */
    @SuppressWarnings("unchecked") // on() put a handler of the event's own type under its name
    final <H> @Nullable H handler(Event<H> event) {
        synchronized (registered) {
            return (H) registered.get(event.name());
        }
    }

    final void tellConnected(Connection connection, @Nullable ConnectHandler<Server> handler) {
        if (handler == null) return;
        connection.deliver(0, () -> run(connection, CONNECT, NO_ROUTE, () -> handler.handle(this, connection.fd())));
    }

    /** Runs a handler. Whatever it throws ends here, and with it the connection. */
    final boolean run(Connection connection, Event<?> event, String route, Call handler) {
        return survives(connection, calls.call(connection.fd(), event, route, handler));
    }

    /** Ends a connection whose handler has thrown; false when it has. */
    final boolean survives(Connection connection, @Nullable Throwable thrown) {
        if (thrown == null) return true;
        tellError(connection.fd(), thrown);
        failed(connection);
        return false;
    }

    /** Runs a handler that belongs to no connection; returns what it threw. */
    final @Nullable Throwable run(Event<?> event, Call handler) {
        Throwable thrown = calls.call(0, event, NO_ROUTE, handler);
        if (thrown != null) tellError(0, thrown);
        return thrown;
    }

    /** Ends a connection whose handler threw. */
    void failed(Connection connection) {
        Conversation conversation = connection.conversation();
        if (conversation != null) conversation.close();
    }

    final ConnectionTable connectionTable() {
        Engine running = engine;
        return running == null ? new ConnectionTable() : running.connections();
    }

    /** The conversation for which the calling thread, an event loop, is reading, if it is the one with this fd. */
    final @Nullable Conversation reading(long fd) {
        Engine running = engine;
        return running == null ? null : LoopThread.reading(running, fd);
    }

    final @Nullable Connection find(long fd) {
        Engine running = engine;
        return running == null ? null : running.connections().find(fd);
    }

    /** What is spoken on an open connection; null when there is none. */
    final @Nullable Conversation conversation(long fd) {
        Connection connection = find(fd);
        return connection == null || !connection.isOpen() ? null : connection.conversation();
    }

    private void tellError(long fd, Throwable cause) {
        try {
            errors.handle(this, fd, cause);
        } catch (Throwable fromErrorHandler) { // there is nobody left to tell but the log
            log(this, fd, cause);
            log(this, fd, fromErrorHandler);
        }
    }

    private void callBack(Event<ServerHandler<Server>> event) {
        ServerHandler<Server> handler = handler(event);
        if (handler != null) run(event, () -> handler.handle(this));
    }

    private void shutDown(Engine running, Duration atMost, boolean staggered) {
        try {
            running.beginEnd(atMost, staggered, noDelay);
            long deadline = System.nanoTime() + atMost.toNanos();
            running.drain(atMost, staggered);
            drainTasks(running, deadline - System.nanoTime());
            running.end(deadline - System.nanoTime());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended();
            unfollowCertificates();
            callBack(SHUTDOWN);
            ended.countDown();
        }
    }

    private void drainTasks(Engine running, long nanos) throws InterruptedException {
        Tasks present = tasks;
        if (present == null) return;
        Tasks.Drained drained = present.drain(nanos);
        running.counters().count("shutdown.tasks_abandoned", drained.abandoned());
        LOG.log(
                drained.abandoned() == 0 ? Level.INFO : Level.WARNING,
                () -> "event=shutdown step=tasks_ended found=" + drained.found() + " abandoned=" + drained.abandoned());
    }

    private Tasks tasks() {
        running();
        Tasks present = tasks;
        if (present == null) throw new IllegalStateException("there are no tasks without a handler of the event task");
        return present;
    }

    /** True where the server's end waits for the caller; in SHUTDOWN of another server as well, for two may end each other there. */
    private boolean isAwaitedHere(Engine running) {
        Tasks present = tasks;
        return running.runsHandlersHere() || (present != null && present.runHere()) || ENDING.isBound();
    }

    private void unfollowCertificates() {
        tls.forEach(Tls::close);
    }

    private void waitUntilEnded() {
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Assigned before it listens: a handler of the first connection may push. */
    private void listenOrEnd() {
        boolean listening = false;
        try {
            Engine made = engine();
            engine = made;
            made.observe(calls::tellLag, calls::tellCounter);
            TaskHandler<Server> task = handler(TASK);
            if (task != null) tasks = new Tasks(this, options, task, handler(FINISH));
            made.start();
            ready = true;
            listening = true;
        } finally {
            if (!listening) {
                engine = null;
                unfollowCertificates();
                phase.set(Phase.CLOSING);
                ended.countDown();
            }
        }
    }

    /** What is read from files comes first, for it may fail and an engine holds sockets. */
    private Engine engine() {
        Map<Listener, Protocol> spoken = new LinkedHashMap<>();
        for (Listener listener : listeners()) {
            if (listener.protocol() != ListenerProtocol.UDP) spoken.put(listener, protocol(listener));
        }
        Engine made =
                new Engine(options, listeners().stream().map(Listener::options).toList());
        for (Listener listener : listeners()) {
            Protocol protocol = spoken.get(listener);
            listener.listensAt(
                    protocol == null
                            ? made.listen(listener.options(), packetEvents(listener))
                            : made.listen(listener.options().withQueueFor(maxMessageBytes(listener)), protocol));
        }
        return made;
    }

    private Engine running() {
        Engine running = engine;
        if (running == null) throw new IllegalStateException("the server has not been started");
        return running;
    }

    private static void log(Server server, long fd, Throwable cause) {
        // What a peer sent may be in the message, and must not begin a line of its own.
        String what = cause.toString().replaceAll("\\p{Cntrl}", " ");
        String where = Blame.on(cause.getStackTrace()).where();
        LOG.log(Level.ERROR, () -> "fd=" + fd + " event=handler_failed cause=\"" + what + "\" at=" + where);
        LOG.log(Level.DEBUG, "fd=" + fd + " event=handler_failed", cause);
    }

    /** A call of a handler. */
    interface Call {
        void call() throws Exception;
    }
}
