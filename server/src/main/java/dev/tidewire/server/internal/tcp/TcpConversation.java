package dev.tidewire.server.internal.tcp;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.connection.WebSocketStatus;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Conversation;
import dev.tidewire.server.options.ServerOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A connection whose bytes are the application's own.
 *
 * <p>Threads: the connection's loop; {@link #send} and those of {@link Conversation} any.
 */
public final class TcpConversation extends ChannelInboundHandlerAdapter implements Conversation {
    private final Connection connection;
    private final TcpEvents events;
    private final Duration closeTimeout;
    private final AtomicBoolean closing = new AtomicBoolean();
    private boolean peerEnded;

    private TcpConversation(Connection connection, ServerOptions options, TcpEvents events) {
        this.connection = connection;
        this.events = events;
        this.closeTimeout = options.closeTimeout();
    }

    /** Begins on a connection that was just accepted. */
    public static void begin(Connection connection, ServerOptions options, TcpEvents events) {
        TcpConversation conversation = new TcpConversation(connection, options, events);
        connection.converse(conversation);
        connection.outbound().sequenceArrivals(conversation::next);
        connection.channel().pipeline().addLast(conversation);
        events.connected(connection);
    }

    @Override
    public WebSocketStatus status() {
        return WebSocketStatus.NONE;
    }

    /** Sends a copy of {@code data}. */
    public SendResult send(byte[] data) {
        if (!connection.isOpen() || closing.get()) return SendResult.CLOSED;
        var outbound = connection.outbound();
        boolean congested = outbound.isCongested();
        if (!outbound.reserve(data.length)) return SendResult.DROPPED;
        if (connection.loop().inEventLoop()) {
            outbound.fetch();
            next(copy(data));
        } else {
            outbound.arrive(copy(data));
        }
        return congested ? SendResult.QUEUED : SendResult.SENT;
    }

    @Override
    public boolean close() {
        if (!closing.compareAndSet(false, true)) return false;
        connection.onLoop(this::finish);
        return true;
    }

    @Override
    public void goAway() {
        close();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        byte[] data = ByteBufUtil.getBytes(bytes);
        bytes.release();
        connection.outbound().readBegins();
        connection.received(data.length);
        if (connection.messageReceived() && !closing.get())
            connection.deliver(data.length, () -> events.received(connection, data));
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
        Initiator initiator = closing.get() ? Initiator.SERVER : Initiator.CLIENT;
        boolean clean = peerEnded || closing.get();
        CloseEvent event =
                new CloseEvent(connection.fd(), clean ? CloseCode.NORMAL : CloseCode.ABNORMAL, "", initiator, clean);
        connection.gone(() -> events.closed(connection, event));
    }

    /** A reset or the like; the channel closes and {@link #channelInactive} tells. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    private void next(ByteBuf data) {
        connection.traffic().messageSent();
        connection.outbound().append(data);
    }

    private void finish() {
        connection.outbound().fetch();
        connection.closeGently(closeTimeout);
    }

    private ByteBuf copy(byte[] data) {
        return connection.channel().alloc().directBuffer(data.length).writeBytes(data);
    }
}
