package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import dev.tidewire.server.internal.dispatch.Lanes;
import dev.tidewire.server.internal.limits.Admission;
import dev.tidewire.server.internal.limits.Descriptors;
import dev.tidewire.server.internal.limits.Refusal;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * A server's event loops, the addresses it listens on, and its connections.
 *
 * <p>Threads: any; {@link #start} once, {@link #drain} and {@link #end} not on a loop, for they wait.
 */
public final class Engine {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    /** How long, after connections were cut off, their last events may still take. */
    private static final Duration LAST_EVENTS = Duration.ofSeconds(1);
    /** How long the loops may take to end, which they do in a second unless a handler holds one. */
    private static final Duration LOOPS_END = Duration.ofSeconds(3);

    private final ServerOptions options;
    private final Lanes lanes;
    private final Sockets sockets;
    private final EventLoopGroup loops;
    /** Of those that had something to do. */
    private final Map<EventLoop, LoopState> states = new ConcurrentHashMap<>();

    private final Timers timers;
    private final ConnectionTable connections = new ConnectionTable();
    private final Counters counters = new Counters();
    private final Admission admission;
    private final Refusals refusals;
    private final SendBudget budget;
    private final List<LoopProbe> probes = new ArrayList<>();
    private final LoopWatchdog watchdog;
    private volatile Instant startTime = Instant.EPOCH;
    private final List<Listening> listenings = new ArrayList<>();
    private volatile boolean stopping;

    /**
     * An engine that does not listen yet.
     *
     * @param listeners what will hold where it listens
     * @throws IllegalStateException when the transport asked for does not work here
     */
    public Engine(ServerOptions options, Collection<ServerOptions> listeners) {
        this.options = options;
        boolean files = listeners.stream().anyMatch(listener -> UnixSocketFile.isNamedBy(listener.host()));
        boolean inherited = listeners.stream().anyMatch(listener -> InheritedSocket.isNamedBy(listener.host()));
        sockets = Sockets.of(
                options.transport(),
                kind -> (!files || kind.knowsHalfClosedUnixSockets()) && (!inherited || kind.adopts()));
        loops = new Loops(options.threads(), LoopThread.factory(this), sockets.ioHandler());
        lanes = Lanes.of(options.dispatch());
        Descriptors descriptors = Descriptors.ofProcess();
        admission = new Admission(
                options.maxConnections().orElseGet(() -> descriptors.connections(options.threads())),
                options.maxConnectionsPerAddress(),
                options.maxConnectionsPerSecond(),
                System::nanoTime);
        timers = new Timers(lanes, () -> state(loops.next()).time());
        refusals = new Refusals(counters, options.closeTimeout(), descriptors.refused(options.threads()));
        budget = SendBudget.ofMemory(options.maxTotalQueuedBytes());
        watchdog = new LoopWatchdog(probes, options.loopStallThreshold());
    }

    /** Tells of the lag of the loops and of names that are counted for the first time. Before the start. */
    public void observe(LongConsumer loopLagged, Consumer<String> counterAppeared) {
        counters.whenNew(counterAppeared);
        for (EventExecutor loop : loops) {
            probes.add(new LoopProbe((SingleThreadEventExecutor) loop, counters, loopLagged));
        }
    }

    /** Will listen, from {@link #start} on, where these options say, and speak {@code protocol} there. Called before. */
    public StreamListening listen(ServerOptions options, Protocol protocol) {
        StreamListening listening = new StreamListening(options, protocol, counters, this::accepted);
        listenings.add(listening);
        return listening;
    }

    /** Will listen for datagrams, from {@link #start} on, where these options say. Called before. */
    public DatagramListening listen(ServerOptions options, PacketEvents events) {
        DatagramListening listening = new DatagramListening(
                options, events, lanes, counters, loop -> state(loop).counts());
        listenings.add(listening);
        return listening;
    }

    /**
     * Binds everywhere, and accepts from then on; when it cannot, the engine has ended and nothing is bound.
     *
     * @throws UncheckedIOException naming host and port when they cannot be listened on
     * @throws IllegalStateException when the transport cannot listen there
     */
    public void start() {
        try {
            listenings.forEach(listening -> listening.bind(loops, sockets));
            startTime = Instant.now();
            watchdog.start();
            // Not before every address is taken: whoever connects is served or never was accepted.
            listenings.forEach(this::open);
        } catch (RuntimeException | Error failure) {
            listenings.forEach(Listening::stop);
            listenings.forEach(Listening::close);
            release();
            throw failure;
        }
    }

    private void open(Listening listening) {
        listening.open();
        LOG.log(INFO, "event=listening address={0} transport={1}", listening.address(), sockets.transport());
    }

    /** When it began to listen. */
    public Instant startTime() {
        return startTime;
    }

    /** How long the slowest loop took, or takes, for its last sign of life. */
    public long loopLagNanos() {
        return watchdog.lagNanos();
    }

    /** The transport in use, never {@code AUTO}. */
    public Transport transport() {
        return sockets.transport();
    }

    /** The connections, by fd. */
    public ConnectionTable connections() {
        return connections;
    }

    /** What is counted. */
    public Counters counters() {
        return counters;
    }

    /** The application's timers. */
    public Timers timers() {
        return timers;
    }

    /** What its connections together may have waiting to be sent. */
    public SendBudget budget() {
        return budget;
    }

    /** What the loops have counted, and what the connections hold now, for which it walks over all of them. */
    public Totals totals() {
        return Totals.of(counts(), connections);
    }

    /** True for a thread of an event loop, of this or another server. */
    public static boolean isLoop(Thread thread) {
        return thread instanceof LoopThread;
    }

    /** True inside a handler, which must not wait for the engine to stop; on an event loop of whatever server, which must not wait at all. */
    public boolean runsHandlersHere() {
        return lanes.runHere() || isLoop(Thread.currentThread());
    }

    /**
     * Says that the end has come, and serves on for the delay that the options have before it.
     *
     * @param noDelay counted down to end the delay
     * @param atMost as for {@link #drain}, as is the next
     */
    public void beginEnd(Duration atMost, boolean staggered, CountDownLatch noDelay) throws InterruptedException {
        long begun = System.nanoTime();
        long before = opened();
        log(() -> "step=begin connections=" + connections.count() + " timeout_ms=" + atMost.toMillis() + " code="
                + options.shutdownCode() + " staggered=" + staggered + " delay_ms="
                + options.shutdownDelay().toMillis());
        if (options.shutdownDelay().isZero()) return;
        boolean cutShort = noDelay.await(options.shutdownDelay().toNanos(), TimeUnit.NANOSECONDS);
        long accepted = opened() - before;
        counters.count("shutdown.accepted", accepted);
        log(() -> "step=delayed took_ms=" + (System.nanoTime() - begun) / 1_000_000 + " cut_short=" + cutShort
                + " accepted=" + accepted);
    }

    private long opened() {
        return LoopCounts.sum(counts(), LoopCounts.OPENED);
    }

    private List<LoopCounts> counts() {
        return states.values().stream().map(LoopState::counts).toList();
    }

    /**
     * Stops accepting, has every connection end politely, and waits for the last of them and its handlers.
     *
     * @param staggered in batches over the first half of the time, else all at once
     */
    public void drain(Duration atMost, boolean staggered) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        stopping = true;
        listenings.forEach(Listening::stop);
        refusals.close();
        timers.end();
        log(() -> "step=accept_stopped");
        Drain drain = staggered
                ? Drain.over(atMost, connections.count(), options.shutdownBatch(), options.shutdownInterval())
                : Drain.AT_ONCE;
        int told = drain.tellAll(connections, deadline);
        connections.awaitEmpty(Math.max(0, deadline - System.nanoTime()));
        for (Listening listening : listenings) {
            listening.awaitHandled(Math.max(0, deadline - System.nanoTime()));
        }
        timers.awaitIdle(Math.max(0, deadline - System.nanoTime()));
        int left = connections.held();
        counters.count("shutdown.told", told);
        counters.count("shutdown.ended", Math.max(0, told - left));
        log(() -> "step=connections_ended ended=" + Math.max(0, told - left) + " left=" + left);
    }

    /**
     * Cuts off what is left after {@link #drain}, and ends the threads.
     *
     * @param nanos how long datagrams may take to leave
     */
    public void end(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        try {
            int left = connections.held();
            if (left > 0) abortTheRest(left);
            timers.awaitIdle(LAST_EVENTS.toNanos());
            for (Listening listening : listenings) {
                listening.awaitSent(deadline - System.nanoTime());
            }
        } finally {
            listenings.forEach(Listening::close);
            release();
            LOG.log(INFO, "event=stopped");
        }
    }

    private void abortTheRest(int left) throws InterruptedException {
        counters.count("shutdown.aborted", left);
        LOG.log(WARNING, () -> "event=shutdown step=aborted connections=" + left);
        ConnectionTable.Walk walk = connections.walk();
        while (walk.hasNext()) {
            walk.nextConnection().abort();
        }
        connections.awaitEmpty(LAST_EVENTS.toNanos());
    }

    private static void log(Supplier<String> step) {
        LOG.log(INFO, () -> "event=shutdown " + step.get());
    }

    /** Ends the threads, and waits for the loops among them. */
    private void release() {
        watchdog.end();
        lanes.close();
        boolean ended = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS)
                .awaitUninterruptibly(LOOPS_END.toNanos(), TimeUnit.NANOSECONDS);
        if (!ended) LOG.log(WARNING, "event=shutdown step=loop_left hint=\"a handler holds an event loop\"");
    }

    private void accepted(StreamListening here, Channel channel) {
        LoopState loop = state(channel.eventLoop());
        if (stopping) {
            loop.counts().add(LoopCounts.TURNED_AWAY, 1);
            channel.close();
            return;
        }
        long address = here.addressKey(here.peerEnd(channel));
        Refusal refusal = admission.admit(address);
        if (refusal != null) {
            loop.counts().add(LoopCounts.TURNED_AWAY, 1);
            refusals.refuse(channel, refusal, here.protocol().refusal(refusal));
            return;
        }
        Connection connection =
                hold(address, fd -> new Connection(fd, channel, here, loop, connections, admission, address, counters));
        loop.counts().add(LoopCounts.OPENED, 1);
        here.protocol().beginOrEnd(connection);
        connection.watch();
        if (stopping) Drain.tell(connection);
    }

    private Connection hold(long address, LongFunction<Connection> maker) {
        try {
            return connections.add(maker);
        } catch (RuntimeException | Error failure) {
            admission.release(address);
            throw failure;
        }
    }

    private LoopState state(EventLoop loop) {
        return states.computeIfAbsent(loop, of -> {
            LoopTurn turn = new LoopTurn(
                    of,
                    ((SingleThreadEventLoop) of)::executeAfterEventLoopIteration,
                    budget.share(),
                    options.writeTimeout());
            return new LoopState(turn, new LoopTime(of, System::nanoTime), new LoopCounts(), lanes.ofLoop(turn::atEnd));
        });
    }
}
