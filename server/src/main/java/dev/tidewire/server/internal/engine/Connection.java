package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.connection.TlsInfo;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.internal.dispatch.Lane;
import dev.tidewire.server.options.ServerOptions;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One accepted socket, from its acceptance until the application's CLOSE handler has returned.
 *
 * <p>Threads: any, but for {@link #traffic}, {@link #converse} and {@link #gone}, which are the loop's.
 */
public final class Connection {
    private static final VarHandle PENDING = Handles.find(MethodHandles.lookup(), "pending", int.class);

    private final long fd;
    private final Channel channel;
    private final SocketAddress remoteAddress;
    private final SocketAddress localAddress;
    private final Lane lane;
    private final Traffic traffic = new Traffic();
    private final Outbound outbound;
    private final ConnectionTable table;
    private final Counters counters;
    private final int maxPendingBytes;
    private volatile @Nullable Conversation conversation;
    private volatile @Nullable TlsInfo tls;
    private volatile boolean open = true;
    private volatile @Nullable ConcurrentMap<String, Object> attributes;

    /** Written through {@link #PENDING} only: bytes delivered and not yet handled. */
    @SuppressWarnings("unused") // read and written through the handle
    private volatile int pending;

    Connection(
            long fd,
            Channel channel,
            Lane lane,
            LoopTurn turn,
            ConnectionTable table,
            Counters counters,
            ServerOptions options) {
        this.fd = fd;
        this.channel = channel;
        this.remoteAddress = channel.remoteAddress();
        this.localAddress = channel.localAddress();
        this.lane = lane;
        this.table = table;
        this.counters = counters;
        this.maxPendingBytes = options.maxPendingBytes();
        this.outbound = new Outbound(channel, turn, traffic, options.maxQueuedBytes());
    }

    /** The number the application knows it by. */
    public long fd() {
        return fd;
    }

    /** The socket. */
    public Channel channel() {
        return channel;
    }

    /** The loop that owns the socket. */
    public EventLoop loop() {
        return channel.eventLoop();
    }

    /** Where its events run. */
    public Lane lane() {
        return lane;
    }

    /** What waits to be sent. */
    public Outbound outbound() {
        return outbound;
    }

    /** Its counters. */
    public Traffic traffic() {
        return traffic;
    }

    /** The counters of its server. */
    public Counters counters() {
        return counters;
    }

    /** What is left, since it was accepted, of {@code limit}; 1 ms at least. */
    public Duration restOf(Duration limit) {
        return Duration.ofMillis(Math.max(1, limit.toMillis() - traffic.ageMillis()));
    }

    /** The peer's end. */
    public SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /** What is spoken now; null for the moment before the first conversation begins. */
    public @Nullable Conversation conversation() {
        return conversation;
    }

    /** Puts a conversation in the place of the one before. */
    public void converse(Conversation next) {
        conversation = next;
    }

    /** Records what its TLS handshake agreed on. */
    public void secured(TlsInfo agreed) {
        tls = agreed;
    }

    /** True when it speaks inside TLS. */
    public boolean isSecure() {
        return tls != null;
    }

    /** True while the socket is open. */
    public boolean isOpen() {
        return open;
    }

    /** How far it is with WebSocket. */
    public WebSocketStatus status() {
        Conversation current = conversation;
        if (!open) return WebSocketStatus.CLOSED;
        return current == null ? WebSocketStatus.NONE : current.status();
    }

    /** The application's own data, made when first asked for. */
    public ConcurrentMap<String, Object> attributes() {
        ConcurrentMap<String, Object> present = attributes;
        if (present != null) return present;
        synchronized (this) {
            if (attributes == null) attributes = new ConcurrentHashMap<>(4);
            return attributes;
        }
    }

    /** Its facts and counters now. */
    public ClientInfo info() {
        return new ClientInfo(
                fd,
                remoteAddress,
                localAddress,
                Instant.ofEpochMilli(traffic.connectedMillis),
                Instant.ofEpochMilli(traffic.lastReceivedMillis),
                Instant.ofEpochMilli(traffic.lastSentMillis),
                traffic.bytesReceived,
                traffic.bytesSent,
                traffic.messagesReceived,
                traffic.messagesSent,
                status(),
                outbound.queuedBytes(),
                Optional.ofNullable(tls));
    }

    /**
     * The socket is closed: nothing more can be sent, and once {@code lastEvent} has run in the lane, behind all others, the
     * connection is forgotten.
     */
    public void gone(Runnable lastEvent) {
        open = false;
        table.closed();
        outbound.close();
        lane.execute(() -> {
            try {
                lastEvent.run();
            } finally {
                table.remove(this);
            }
        });
    }

    /** Runs {@code action} on the loop once every event given to the lane before is done. Called on the loop. */
    public void afterEvents(Runnable action) {
        if (lane.isIdle()) {
            action.run();
        } else {
            lane.execute(() -> onLoop(action));
        }
    }

    /**
     * Runs {@code action} on the loop: now when called there, else behind what the loop has to do; not at all when the loop has
     * ended, for then the connection has too.
     */
    public void onLoop(Runnable action) {
        if (loop().inEventLoop()) {
            action.run();
            return;
        }
        try {
            loop().execute(action);
        } catch (RejectedExecutionException loopHasEnded) {
            assert !open;
        }
    }

    /**
     * Runs an event that carries {@code bytes} from the peer. While more than the limit wait for the application, the
     * socket is not read.
     */
    public void deliver(int bytes, Runnable event) {
        if (lane.isInline()) {
            event.run();
            return;
        }
        if ((int) PENDING.getAndAdd(this, bytes) + bytes > maxPendingBytes)
            channel.config().setAutoRead(false);
        lane.execute(() -> {
            try {
                event.run();
            } finally {
                handled(bytes);
            }
        });
    }

    private void handled(int bytes) {
        int before = (int) PENDING.getAndAdd(this, -bytes);
        int half = maxPendingBytes / 2;
        if (before > half && before - bytes <= half)
            onLoop(() -> channel.config().setAutoRead(true));
    }

    /**
     * Closes so that the peer surely gets what was sent: once that is flushed our half of the stream ends, and what the
     * peer still sends is read and thrown away until its half ends too, for {@code atMost}. A peer that takes none of what waits
     * for it in {@code atMost} is cut off. Closing at once would make the kernel reset a connection with unread bytes, and
     * the reset would overtake our last words.
     */
    public void closeGently(Duration atMost) {
        outbound.whenFlushed(() -> Linger.begin(channel, atMost));
        if (outbound.queuedBytes() > 0) watchFlush(atMost, outbound.unwrittenBytes());
    }

    private void watchFlush(Duration atMost, long unwritten) {
        loop().schedule(
                        () -> {
                            long left = outbound.unwrittenBytes();
                            if (!open || left == 0) return;
                            if (left == unwritten) {
                                abort();
                            } else {
                                watchFlush(atMost, left);
                            }
                        },
                        atMost.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** Cuts the connection off without another word, not even TLS's, which would wait for a peer that does not read. */
    public void abort() {
        ChannelHandlerContext nextToSocket = channel.pipeline().firstContext();
        if (nextToSocket == null) {
            channel.close();
        } else {
            nextToSocket.close();
        }
    }
}
