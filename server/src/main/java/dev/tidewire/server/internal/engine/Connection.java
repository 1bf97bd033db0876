package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.ClientInfo;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.TlsInfo;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.internal.dispatch.Lane;
import dev.tidewire.server.internal.jfr.Recorder;
import dev.tidewire.server.internal.limits.Admission;
import dev.tidewire.server.internal.limits.Refusal;
import dev.tidewire.server.internal.time.Deadline;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.unix.FileDescriptor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One accepted socket, from its acceptance until the application's CLOSE handler has returned.
 *
 * <p>Threads: any, but for {@link #traffic}, {@link #converse} and {@link #gone}, which are the loop's.
 */
public final class Connection implements Outbound.Owner {
    /** About what an event costs in memory besides its bytes. */
    private static final int EVENT_BYTES = 128;

    private static final VarHandle PENDING = Handles.find(MethodHandles.lookup(), "pending", int.class);

    private final long fd;
    private final Channel channel;
    private final StreamListening listening;
    private final SocketAddress peerAddress;
    private final SocketAddress localAddress;
    private final Lane lane;
    private final LoopTime time;
    private final Traffic traffic;
    private final Outbound outbound;
    private final ConnectionTable table;
    private final Admission admission;
    private final Counters counters;
    private final int maxPendingBytes;
    private final boolean accessLog;
    private volatile @Nullable Conversation conversation;
    private volatile SocketAddress remoteAddress;
    /** True once {@link #remoteAddress} is what a proxy said. */
    private volatile boolean proxied;

    private volatile @Nullable TlsInfo tls;
    private volatile boolean open = true;
    private boolean cut;
    private boolean heardToTheEnd;
    private volatile @Nullable ConcurrentMap<String, Object> attributes;

    /** The bits of each {@link Pause} there is. */
    private int pauses;

    private @Nullable Deadline watch;
    private @Nullable Vigil vigil;
    private volatile boolean spared;
    private @Nullable Throttle throttle;
    private @Nullable StraightReads straight;
    /** What {@link #admission} counts it by. */
    private long addressKey;

    /** Written through {@link #PENDING} only: bytes delivered and not yet handled. */
    @SuppressWarnings("unused") // read and written through the handle
    private volatile int pending;

    Connection(
            long fd,
            Channel channel,
            StreamListening listening,
            LoopState loop,
            ConnectionTable table,
            Admission admission,
            long addressKey,
            Counters counters) {
        ServerOptions options = listening.options();
        this.fd = fd;
        this.channel = channel;
        this.listening = listening;
        this.peerAddress = listening.peerEnd(channel);
        this.remoteAddress = peerAddress;
        this.localAddress = listening.localEnd(channel);
        this.lane = loop.lanes().lane(fd);
        this.time = loop.time();
        this.traffic = new Traffic(time, loop.counts());
        this.vigil = vigil(listening.life());
        throttle(listening.rates());
        this.table = table;
        this.admission = admission;
        this.addressKey = addressKey;
        this.counters = counters;
        this.maxPendingBytes = options.maxPendingBytes();
        this.accessLog = options.accessLog();
        this.outbound = new Outbound(channel, loop.turn(), traffic, listening.sending(), this);
    }

    /** The number the application knows it by. */
    public long fd() {
        return fd;
    }

    /** The socket. */
    public Channel channel() {
        return channel;
    }

    /** Where it came in. */
    public StreamListening listening() {
        return listening;
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

    /**
     * Reserves room for a frame, and does what is to be done about a peer that has not made it.
     *
     * @return {@code SENT} or {@code QUEUED} when there is room now; {@code DROPPED}; or {@code CLOSED} when the caller is to end the
     *     connection
     */
    public SendResult reserve(Piece piece, int bytes, SlowConsumer slow) {
        SendResult room = outbound.reserve(piece, bytes);
        if (room != SendResult.DROPPED || piece == Piece.CONTROL) return room;
        return mayEverFit(bytes) ? withoutRoom(piece, bytes, slow) : SendResult.DROPPED;
    }

    /** False, which is counted, when no queue could ever hold so much: that is not the peer's fault. */
    private boolean mayEverFit(int bytes) {
        if (bytes <= outbound.limits().maxQueuedBytes()) return true;
        counters.count("limit.maxQueuedBytes");
        return false;
    }

    private SendResult withoutRoom(Piece piece, int bytes, SlowConsumer slow) {
        boolean spent =
                outbound.queuedBytes() + (long) bytes <= outbound.limits().maxQueuedBytes();
        if (spent) {
            // Or whoever waited has been served meanwhile.
            SendResult again = outbound.reserve(piece, bytes);
            if (again != SendResult.DROPPED) return again;
        }
        if (outbound.isWaitedFor() && !(slow == SlowConsumer.DROP_OLDEST && outbound.isWaitedForItself(piece))) {
            // Who waits is served in turn, and the connection is his to give up.
            return dropped(SendResult.DROPPED);
        }
        if (spent) counters.count("limit.maxTotalQueuedBytes");
        return switch (slow) {
            // With little waiting for it, this peer is not to blame that the server's budget is spent.
            case DISCONNECT -> spent && !outbound.isBehind() ? SendResult.DROPPED : SendResult.CLOSED;
            case DROP_NEWEST -> dropped(SendResult.DROPPED);
            case DROP_OLDEST -> dropped(outbound.reserveFromOldest(piece, bytes, this::gaveWay));
        };
    }

    /**
     * Has a whole message wait for the end of an unfinished one. The peer is not to blame when there is no room for it: however fast it
     * reads, such messages cannot leave.
     *
     * @param message which this takes
     * @return {@code DROPPED} when there is none, {@code CLOSED} when nothing is taken any more
     */
    public SendResult enqueueBehindUnfinished(ByteBuf message, @Nullable Object key, SlowConsumer slow) {
        int bytes = message.readableBytes();
        boolean oldestGiveWay = slow == SlowConsumer.DROP_OLDEST;
        SendResult result = outbound.enqueueBehindUnfinished(message, key, oldestGiveWay, this::gaveWay);
        if (result == SendResult.DROPPED || result == SendResult.CLOSED) message.release();
        return mayEverFit(bytes) ? dropped(result) : result;
    }

    private void gaveWay() {
        slow("slow.drop_oldest");
    }

    private SendResult dropped(SendResult result) {
        if (result == SendResult.DROPPED) slow("slow.drop_newest");
        return result;
    }

    @Override
    public void drained() {
        Conversation current = conversation;
        if (current == null || !current.hearsDrain()) return;
        later(() -> {
            if (channel.isOpen()) current.drained();
        });
    }

    @Override
    public void stuck() {
        counters.count("limit.writeTimeout");
        slow("slow.cut_off");
        cut = true;
        abort();
    }

    /** True when we have cut it off: the application, or for a peer that took nothing for the whole of {@code writeTimeout}. On the loop. */
    public boolean wasCut() {
        return cut;
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

    /** Runs {@code action} when {@code delay} has gone by, unless it is cancelled. On the loop. */
    public Deadline in(Duration delay, Runnable action) {
        return time.in(delay, action);
    }

    /** Looks from now on whether the peer is there, and for how long it stays, as the limits want it. On the loop. */
    public void watch() {
        if (vigil != null) vigil.look();
    }

    /** Holds it to these limits, in place of its listener's, from when it is {@linkplain #watch watched} next. On the loop. */
    public void limitLife(LifeLimits limits) {
        if (vigil != null) vigil.cancel();
        vigil = vigil(limits);
    }

    private @Nullable Vigil vigil(LifeLimits limits) {
        return limits.areNone() ? null : new Vigil(this, limits, time);
    }

    /** Whether it is spared the end of connections that are idle. Threads: any. */
    public void spare(boolean on) {
        spared = on;
        if (!on) onLoop(this::watch);
    }

    /** Holds it from now on to these limits, in place of others, however much came before. On the loop. */
    public void throttle(RateLimits rates) {
        unthrottle();
        if (!rates.areNone()) throttle = new Throttle(this, time, rates);
    }

    private void unthrottle() {
        if (throttle == null) return;
        throttle.cancel();
        throttle = null;
        resumeReading(Pause.RATE);
    }

    /** Counts bytes that came in; called once for each read, before what is in them. On the loop. */
    public void received(int bytes) {
        traffic.received(bytes);
        if (throttle != null) throttle.bytes(bytes);
    }

    /**
     * Counts one message or request that came in whole. On the loop.
     *
     * @return false when it is not to be handled, for it is one too many
     */
    public boolean messageReceived() {
        traffic.messageReceived();
        return throttle == null || throttle.message();
    }

    /** As {@link #messageReceived}, for what the application does not count as a message. On the loop. */
    public boolean controlReceived() {
        return throttle == null || throttle.message();
    }

    /** It sent more than it may. */
    void overRate(String why) {
        unthrottle();
        Conversation current = conversation;
        if (current != null) current.overRate(why);
    }

    /** It ends: whatever it still sends is read, for the peer's own last words are among it. On the loop. */
    public void listenToTheEnd() {
        heardToTheEnd = true;
        unthrottle();
        resumeReading(Pause.APPLICATION);
    }

    boolean isSpared() {
        return spared;
    }

    /** The client's end: the socket's own, or what a proxy said last. */
    public SocketAddress remoteAddress() {
        return remoteAddress;
    }

    /**
     * A proxy that is believed says who the client is: before the first conversation, or with each request of HTTP. It is
     * counted by that address from now on. On the loop.
     *
     * @return false when a client of that address is to be refused, which is counted
     */
    public boolean realAddress(SocketAddress client) {
        remoteAddress = client;
        proxied = !client.equals(peerAddress);
        long key = listening.addressKey(client);
        if (admission.move(addressKey, key)) {
            addressKey = key;
            return true;
        }
        counters.count(Refusal.ADDRESS.counter());
        return false;
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
                proxied ? Optional.of(peerAddress) : Optional.empty(),
                localAddress,
                Instant.ofEpochMilli(traffic.connectedMillis),
                traffic.at(traffic.lastReceivedNanos),
                traffic.at(traffic.lastSentNanos),
                traffic.bytesReceived,
                traffic.bytesSent,
                traffic.messagesReceived,
                traffic.messagesSent,
                status(),
                outbound.queuedBytes(),
                Optional.ofNullable(tls));
    }

    /**
     * The socket is closed: this is counted and logged, nothing more can be sent, and once {@code lastEvent} has run in the lane,
     * behind all others, the connection is forgotten.
     */
    public void gone(Ended ended, Runnable lastEvent) {
        open = false;
        if (watch != null) watch.cancel();
        if (vigil != null) vigil.cancel();
        if (throttle != null) throttle.cancel();
        table.closed(this);
        outbound.close();
        traffic.closed(ended.event());
        if (accessLog) AccessLog.write(this, ended);
        lane.execute(() -> {
            try {
                lastEvent.run();
            } finally {
                table.remove(this);
                admission.release(addressKey);
            }
        });
    }

    /**
     * Runs {@code action} on the loop once every event given to the lane before is done, and what those had the loop do, such as to
     * deliver what they published. Called on the loop, but never runs inside the caller.
     */
    public void afterEvents(Runnable action) {
        if (lane.isIdle()) {
            later(action);
        } else {
            lane.execute(() -> later(action));
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
        later(action);
    }

    /** True when events run where they arise, so that none ever waits to be {@linkplain #deliver delivered}. */
    public boolean deliversAtOnce() {
        return lane.isInline();
    }

    /**
     * Runs an event that carries {@code bytes} from the peer. While more than the limit wait for the application, the
     * socket is not read.
     */
    public void deliver(int bytes, Runnable event) {
        traffic.dispatched();
        if (lane.isInline()) {
            event.run();
            return;
        }
        // An empty message, too, costs what it takes to hand it over.
        int cost = bytes + EVENT_BYTES;
        if ((int) PENDING.getAndAdd(this, cost) + cost > maxPendingBytes && pauseReading(Pause.PENDING))
            counters.count("limit.maxPendingBytes");
        lane.execute(() -> {
            try {
                event.run();
            } finally {
                handled(cost);
            }
        });
    }

    /** True while the application has something to handle that came in here. */
    boolean isBusy() {
        return (int) PENDING.getOpaque(this) > 0;
    }

    private void handled(int cost) {
        int before = (int) PENDING.getAndAdd(this, -cost);
        int half = maxPendingBytes / 2;
        if (before > half && before - cost <= half) onLoop(() -> resumeReading(Pause.PENDING));
    }

    /**
     * Stops reading the socket until there is no reason left to. On the loop.
     *
     * @return false when it was not read for this reason already, and when {@linkplain #listenToTheEnd it ends} and the application asks
     */
    public boolean pauseReading(Pause reason) {
        if ((pauses & reason.bit) != 0 || (heardToTheEnd && reason == Pause.APPLICATION)) return false;
        pauses |= reason.bit;
        channel.config().setAutoRead(false);
        Overrun.begin(this);
        return true;
    }

    /** Reads on when the loop has looked at its other sockets. On the loop. */
    public void letOthersIn() {
        if (pauseReading(Pause.TURN)) outbound.turn().next(() -> resumeReading(Pause.TURN));
    }

    /** Takes back a reason not to read. On the loop. */
    public void resumeReading(Pause reason) {
        if ((pauses & reason.bit) == 0) return;
        pauses &= ~reason.bit;
        if (isPaused()) return;
        // What was kept is read as if it came from the socket now: never inside the caller.
        if (Overrun.isUnderWay(this) || keeper() != null) {
            later(this::readOn);
        } else {
            readOn();
        }
    }

    /** The conversation, if it has something to read. */
    private @Nullable Conversation keeper() {
        Conversation present = conversation();
        return present != null && present.hasUnread() ? present : null;
    }

    private void readOn() {
        if (!open || isPaused()) return;
        Conversation keeper = keeper();
        if (keeper != null) {
            try {
                keeper.readUnread();
            } catch (RuntimeException | Error failure) {
                channel.pipeline().fireExceptionCaught(failure);
                return;
            }
        }
        if (isPaused() || !Overrun.end(this)) return;
        if (straight != null && straight.isActive()) {
            straight.goOn();
        } else {
            channel.config().setAutoRead(true);
        }
        if (vigil != null) vigil.resumed();
    }

    /**
     * Has what comes next on the socket put where {@code intake} wants it, as long as it wants that, where it can be done. On the loop,
     * by the handler next to the socket when it has read all that it was given.
     */
    public void receiveStraight(Intake intake) {
        if (straight == null) {
            FileDescriptor socket = SocketCalls.socket(channel);
            if (socket == null || !intake.equals(channel.pipeline().first())) return;
            straight = new StraightReads(this, socket, intake);
        }
        straight.begin();
    }

    /** All is read that there was: what was sent meanwhile leaves. On the loop. */
    public void readEnds() {
        if (straight != null) straight.turnEnds();
        outbound.readEnds();
    }

    /** Takes notice of what Netty tells about the socket. On the loop. */
    public void told(Object event) {
        if (straight != null && ReceiveRing.wasEmptied(event)) straight.ringWasEmptied();
    }

    /** True while more waits for the application than it may. On the loop. */
    public boolean isBacklogged() {
        return (pauses & Pause.PENDING.bit) != 0;
    }

    /** True while its socket is not read: the peer's silence is then our doing. On the loop. */
    boolean isPaused() {
        return pauses != 0;
    }

    /** Why a socket is not read. */
    public enum Pause {
        /** More waits for the application than it may. */
        PENDING(1),
        /** More came in than may in a second. */
        RATE(2),
        /** The application does not want to hear more now. */
        APPLICATION(4),
        /** The conversation cannot go on before something is answered. */
        PROTOCOL(8),
        /** It is the turn of others. */
        TURN(16);

        private final int bit;

        Pause(int bit) {
            this.bit = bit;
        }
    }

    /** Runs {@code action} on the loop, never inside the caller; see {@link #onLoop}. */
    public void later(Runnable action) {
        try {
            loop().execute(action);
        } catch (RejectedExecutionException loopHasEnded) {
            assert !open;
        }
    }

    /** {@link #closeGently(Duration, Duration)} with the same time for both. */
    public void closeGently(Duration atMost) {
        closeGently(atMost, atMost);
    }

    /**
     * Closes so that the peer surely gets what was sent: once that is flushed our half of the stream ends, and what the
     * peer still sends is read and thrown away until its half ends too, for {@code untilItsEnd}. A peer that takes none of what waits
     * for it in {@code unlessTaken} is cut off. Closing at once would make the kernel reset a connection with unread bytes, and
     * the reset would overtake our last words.
     */
    public void closeGently(Duration unlessTaken, Duration untilItsEnd) {
        listenToTheEnd();
        outbound.endWhenFlushed(() -> Linger.begin(channel, untilItsEnd));
        hurry(unlessTaken);
    }

    /** {@link #cutOffUnlessTaken}, whatever time the peer had before. On the loop. */
    public void hurry(Duration atMost) {
        if (watch != null) watch.cancel();
        watch = null;
        cutOffUnlessTaken(atMost);
    }

    /** Time since the socket took something, or was accepted. On the loop. */
    public Duration sinceTaken() {
        return Duration.ofNanos(time.refresh() - traffic.lastSentNanos);
    }

    /** Cuts the peer off when it takes none of what waits for it in {@code atMost}. On the loop. */
    public void cutOffUnlessTaken(Duration atMost) {
        if (watch != null || outbound.unwrittenBytes() == 0 || !open) return;
        long taken = outbound.takenMark();
        watch = in(atMost, () -> {
            watch = null;
            if (outbound.unwrittenBytes() > 0 && outbound.takenMark() == taken) {
                counters.count("limit.closeTimeout");
                slow("slow.cut_off");
                abort();
            } else {
                cutOffUnlessTaken(atMost);
            }
        });
    }

    /** {@link #abort}, and what the socket still holds for the peer is dropped too: the peer sees a reset. On the loop. */
    public void reset() {
        // Of a closed one the number may be another connection's by now.
        if (channel.isOpen()) channel.config().setOption(ChannelOption.SO_LINGER, 0);
        cut = true;
        abort();
    }

    /**
     * Counts, and records, what is done about a peer that does not take what was sent to it. Threads: any.
     *
     * @param counter {@code slow.<action>}
     */
    public void slow(String counter) {
        counters.count(counter);
        Recorder.peerIsSlow(fd, counter, outbound.queuedBytes());
    }

    /** Cuts the connection off without another word, not even TLS's, which would wait for a peer that does not read. */
    public void abort() {
        outbound.cut();
        ChannelHandlerContext nextToSocket = channel.pipeline().firstContext();
        if (nextToSocket == null) {
            channel.close();
        } else {
            nextToSocket.close();
        }
    }
}
