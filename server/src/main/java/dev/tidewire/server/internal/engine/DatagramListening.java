package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.dispatch.Lane;
import dev.tidewire.server.internal.dispatch.Lanes;
import dev.tidewire.server.options.ServerOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An address where datagrams are taken and sent from.
 *
 * <p>Those of one sender are handled one at a time and in order. What waits for handlers is bounded for all senders together, and
 * what comes beyond is dropped, as the network itself may drop any of it; so is what waits to be sent.
 *
 * <p>Threads: any.
 */
public final class DatagramListening extends Listening {
    /** Counts all that are dropped, whatever for and on whichever way. */
    public static final String DROPPED = "udp.dropped";

    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    /** The longest payload over IPv4: 65,535 bytes less the headers of IP and UDP. */
    private static final int MAX_DATAGRAM_BYTES = 65_507;

    private static final int READ_BYTES = 65_536;
    /** About what a datagram costs in memory besides its bytes, its sender's lane included. */
    private static final int PACKET_BYTES = 512;

    private final PacketEvents events;
    private final Lanes lanes;
    private final Counters counters;
    private final Function<EventLoop, LoopCounts> loopCounts;
    /** Of those that something waits from; entries change under the map's own locks. */
    private final Map<InetSocketAddress, Sender> senders = new ConcurrentHashMap<>();

    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicInteger queued = new AtomicInteger();

    DatagramListening(
            ServerOptions options,
            PacketEvents events,
            Lanes lanes,
            Counters counters,
            Function<EventLoop, LoopCounts> loopCounts) {
        super(options);
        this.events = events;
        this.lanes = lanes;
        this.counters = counters;
        this.loopCounts = loopCounts;
    }

    /**
     * Sends one datagram.
     *
     * @throws IllegalArgumentException for one that is too long, or an address that was not resolved
     */
    public SendResult sendTo(InetSocketAddress recipient, byte[] data) {
        if (recipient.isUnresolved()) {
            throw new IllegalArgumentException(
                    "a datagram needs an IP address, not the name of a host, was " + recipient);
        }
        // Some of Netty's channels do not send empty ones, and say that they did.
        if (data.length < 1 || data.length > MAX_DATAGRAM_BYTES) {
            throw new IllegalArgumentException(
                    "a datagram to send has 1 to " + MAX_DATAGRAM_BYTES + " bytes, was " + data.length);
        }
        Channel socket = channels().isEmpty() ? null : channels().getFirst();
        if (socket == null || !socket.isActive()) return SendResult.CLOSED;
        int cost = data.length + PACKET_BYTES;
        int before = queued.getAndAdd(cost);
        if (before > 0 && before + cost > options().maxQueuedBytes()) {
            done(queued, cost);
            dropped("limit.maxQueuedBytes");
            return SendResult.DROPPED;
        }
        send(socket, recipient, data, cost);
        return before == 0 ? SendResult.SENT : SendResult.QUEUED;
    }

    private void send(Channel socket, InetSocketAddress recipient, byte[] data, int cost) {
        var bytes = socket.alloc().directBuffer(data.length).writeBytes(data);
        socket.writeAndFlush(new DatagramPacket(bytes, recipient)).addListener(sent -> {
            if (sent.isSuccess()) {
                countSent(loopCounts.apply(socket.eventLoop()), data.length);
            } else {
                dropped("udp.send_failed");
                LOG.log(DEBUG, () -> "event=datagram_not_sent cause=" + sent.cause());
            }
            done(queued, cost);
        });
    }

    @Override
    void bind(EventLoopGroup loops, Sockets sockets) {
        if (InheritedSocket.isNamedBy(options().host())) {
            throw cannotListen(new IOException("datagrams are not taken from a socket of systemd"));
        }
        bindPort(loops, group -> port(group, sockets));
    }

    /** Sends on, for handlers and tasks that are not done. */
    @Override
    void stop() {
        awaitEach(channels().stream()
                .map(socket -> socket.eventLoop().submit(() -> socket.config().setAutoRead(false)))
                .toList());
    }

    @Override
    void close() {
        closeSockets();
    }

    @Override
    boolean awaitHandled(long nanos) throws InterruptedException {
        return awaitDone(pending, nanos);
    }

    @Override
    boolean awaitSent(long nanos) throws InterruptedException {
        return awaitDone(queued, nanos);
    }

    private Bootstrap port(EventLoopGroup loops, Sockets sockets) {
        Bootstrap socket = new Bootstrap()
                .group(loops)
                .channel(sockets.datagrams())
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .handler(new Reader());
        return options().reusePort() ? socket.option(sockets.reusePort(), true) : socket;
    }

    private static void countSent(LoopCounts counts, int bytes) {
        counts.add(LoopCounts.PACKETS_SENT, 1);
        counts.add(LoopCounts.MESSAGES_SENT, 1);
        counts.add(LoopCounts.BYTES_SENT, bytes);
    }

    private static void countReceived(LoopCounts counts) {
        counts.add(LoopCounts.PACKETS_RECEIVED, 1);
        counts.add(LoopCounts.MESSAGES_RECEIVED, 1);
        counts.add(LoopCounts.DISPATCHED, 1);
    }

    private void dropped(String reason) {
        counters.count(reason);
        counters.count(DROPPED);
    }

    private void received(DatagramPacket packet, LoopCounts counts) {
        int bytes = packet.content().readableBytes();
        counts.add(LoopCounts.BYTES_RECEIVED, bytes);
        if (bytes > options().maxMessageBytes()) {
            dropped("limit.maxMessageBytes");
            return;
        }
        int cost = bytes + PACKET_BYTES;
        int before = pending.getAndAdd(cost);
        if (before > 0 && before + cost > options().maxPendingBytes()) {
            done(pending, cost);
            dropped("limit.maxPendingBytes");
            return;
        }
        countReceived(counts);
        deliver(packet.sender(), ByteBufUtil.getBytes(packet.content()), cost);
    }

    private void deliver(InetSocketAddress from, byte[] data, int cost) {
        laneOf(from).execute(() -> {
            try {
                events.received(from, data);
            } finally {
                senders.computeIfPresent(from, (address, sender) -> --sender.waiting == 0 ? null : sender);
                done(pending, cost);
            }
        });
    }

    private Lane laneOf(InetSocketAddress from) {
        return senders.compute(from, (address, there) -> {
                    Sender sender = there == null ? new Sender(lanes.lane(from.hashCode() & Integer.MAX_VALUE)) : there;
                    sender.waiting++;
                    return sender;
                })
                .lane;
    }

    private static void done(AtomicInteger bytes, int cost) {
        if (bytes.addAndGet(-cost) > 0) return;
        synchronized (bytes) {
            bytes.notifyAll();
        }
    }

    private static boolean awaitDone(AtomicInteger bytes, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        synchronized (bytes) {
            while (bytes.get() > 0) {
                long left = deadline - System.nanoTime();
                if (left <= 0) return false;
                TimeUnit.NANOSECONDS.timedWait(bytes, left);
            }
        }
        return true;
    }

    /** One whose datagrams wait. */
    private static final class Sender {
        private final Lane lane;
        private int waiting;

        Sender(Lane lane) {
            this.lane = lane;
        }
    }

    /** Reads one socket. Threads: its loop. */
    private final class Reader extends SimpleChannelInboundHandler<DatagramPacket> {
        /** A read that was under way when this stopped may still bring one. */
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            Channel socket = ctx.channel();
            if (socket.config().isAutoRead()) received(packet, loopCounts.apply(socket.eventLoop()));
        }

        /** What goes wrong with one datagram says nothing of the next. */
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, @Nullable Throwable cause) {
            LOG.log(DEBUG, () -> "event=datagram_failed cause=" + cause);
        }
    }
}
