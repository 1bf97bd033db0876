package dev.tidewire.server.internal.tcp;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Conversation;
import dev.tidewire.server.internal.engine.Ended;
import dev.tidewire.server.internal.engine.Outbound;
import dev.tidewire.server.internal.engine.Piece;
import dev.tidewire.server.internal.engine.SendBuffers;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.server.options.TcpFraming;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose bytes are the application's own.
 *
 * <p>Threads: the connection's loop; {@link #send} and those of {@link Conversation} any.
 */
public final class TcpConversation extends ChannelInboundHandlerAdapter implements Conversation {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    private final Connection connection;
    private final TcpEvents events;
    private final Duration closeTimeout;
    private final SlowConsumer slow;
    private final AtomicBoolean closing = new AtomicBoolean();
    /** True once nothing more is taken, for we close or the peer has ended its half; who began is {@link #closing}'s to say. */
    private volatile boolean finished;

    private boolean leaving;
    /** Null without framing. */
    private final @Nullable PackageReader packages;

    private boolean peerEnded;
    /** True once what comes in cannot be cut into packages. */
    private boolean broken;

    private TcpConversation(Connection connection, ServerOptions options, TcpEvents events) {
        this.connection = connection;
        this.events = events;
        this.closeTimeout = options.closeTimeout();
        this.slow = options.slowConsumer();
        this.packages = options.framing() instanceof TcpFraming.None
                ? null
                : new PackageReader(options.framing(), options.maxMessageBytes());
    }

    /** Begins on a connection that was just accepted. */
    public static void begin(Connection connection, ServerOptions options, TcpEvents events) {
        TcpConversation conversation = new TcpConversation(connection, options, events);
        connection.converse(conversation);
        connection.outbound().sequenceArrivals(conversation::next);
        if (conversation.slow == SlowConsumer.DROP_OLDEST) connection.outbound().holdBack();
        connection.channel().pipeline().addLast(conversation);
        events.connected(connection);
    }

    @Override
    public WebSocketStatus status() {
        return WebSocketStatus.NONE;
    }

    /** Sends a copy of {@code data}. */
    public SendResult send(byte[] data) {
        if (!connection.isOpen() || closing.get() || finished) return SendResult.CLOSED;
        boolean inLoop = connection.loop().inEventLoop();
        if (inLoop) connection.outbound().fetch();
        SendResult room = connection.reserve(Piece.WHOLE, data.length, slow);
        switch (room) {
            case SENT, QUEUED -> give(connection.outbound().make(data.length, () -> copy(data)), inLoop);
            case DROPPED -> {}
            case CLOSED -> {
                if (close()) connection.slow("slow.disconnect");
            }
        }
        return room;
    }

    private void give(ByteBuf data, boolean inLoop) {
        if (inLoop && connection.outbound().isStraight()) {
            next(data);
        } else {
            connection.outbound().enqueue(data, Piece.WHOLE, null);
        }
    }

    /** Sends {@code data} as soon as there is room for it, behind all that wait already; see {@link Outbound#sendWhenRoom}. */
    public SendResult sendBlocking(byte[] data, long atMostNanos) throws InterruptedException {
        if (!connection.isOpen() || closing.get()) return SendResult.CLOSED;
        return connection.outbound().sendWhenRoom(Piece.WHOLE, data.length, () -> copy(data), atMostNanos);
    }

    @Override
    public boolean hearsDrain() {
        return events.hearsDrain();
    }

    @Override
    public void drained() {
        if (closing.get()) return;
        connection.deliver(0, () -> {
            if (!closing.get()) events.drained(connection);
        });
    }

    @Override
    public boolean close() {
        if (!closing.compareAndSet(false, true)) return false;
        connection.onLoop(this::finish);
        return true;
    }

    /** What was read before is handled first, and may be answered. */
    @Override
    public void goAway() {
        connection.onLoop(() -> {
            leaving = true;
            connection.afterEvents(this::close);
        });
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        byte[] data = ByteBufUtil.getBytes(bytes);
        bytes.release();
        connection.outbound().readBegins(data.length);
        connection.received(data.length);
        if (packages == null) {
            received(data);
        } else if (!broken) {
            cut(packages, data);
        }
    }

    private void received(byte[] data) {
        if (connection.messageReceived() && !closing.get() && !leaving)
            connection.deliver(data.length, () -> events.received(connection, data));
    }

    private void cut(PackageReader packages, byte[] data) {
        try {
            PackageReader.Broken how = packages.read(data, this::received);
            if (how == PackageReader.Broken.NOT) return;
            connection.counters().count(how.counter());
            LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=package_refused reason=" + how.counter());
            // What came before is handled, and answered.
            connection.afterEvents(this::close);
        } catch (Throwable thrown) { // by the application's own framing
            connection.deliver(0, () -> events.framingFailed(connection, thrown));
        }
        broken = true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        connection.outbound().readEnds();
    }

    /** The peer has no more to say: what it said before is answered, then our half ends too. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (!(event instanceof ChannelInputShutdownEvent)) return;
        peerEnded = true;
        connection.afterEvents(this::finish);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        Initiator initiator = closing.get() || connection.wasCut() ? Initiator.SERVER : Initiator.CLIENT;
        boolean clean = (peerEnded || closing.get()) && !connection.outbound().isCutShort();
        CloseEvent event =
                new CloseEvent(connection.fd(), clean ? CloseCode.NORMAL : CloseCode.ABNORMAL, "", initiator, clean);
        connection.gone(Ended.of(event, "tcp"), () -> events.closed(connection, event));
    }

    /** A reset or the like; the channel closes and {@link #channelInactive} tells. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    private void next(ByteBuf data) {
        connection.traffic().messagesSent(1);
        connection.outbound().append(data);
    }

    private void finish() {
        finished = true;
        connection.outbound().finish();
        connection.closeGently(closeTimeout);
    }

    private ByteBuf copy(byte[] data) {
        return SendBuffers.allocate(data.length).writeBytes(data);
    }
}
