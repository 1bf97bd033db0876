package dev.tidewire.server.internal.proxy;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Ended;
import dev.tidewire.server.internal.engine.Opening;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.time.Deadline;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.time.Duration;
import java.util.Arrays;

/**
 * A connection until its PROXY header is read, or cannot be; the application does not see it before.
 *
 * <p>Threads: the connection's loop; what {@link Opening} does, any.
 */
final class ProxyOpening extends Opening {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    private static final String REFUSED = "refused.proxy_protocol";

    private final Protocol inside;
    private final Deadline deadline;
    private byte[] held = {};
    private boolean over;

    private ProxyOpening(Connection connection, Protocol inside, Duration atMost) {
        super(connection);
        this.inside = inside;
        deadline = connection.in(atMost, () -> refuse("not there in time"));
    }

    /** Begins on a connection that was just accepted. */
    static ProxyOpening begin(Connection connection, Protocol inside, Duration atMost) {
        ProxyOpening opening = new ProxyOpening(connection, inside, atMost);
        opening.begin();
        return opening;
    }

    /** For a connection that does not come from a proxy that is believed. */
    void refuse() {
        // Later: Netty is still putting the connection's handlers into place.
        connection.loop().execute(() -> refuse("not a trusted proxy"));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (!over) read(ctx, bytes);
        } finally {
            bytes.release();
        }
    }

    private void read(ChannelHandlerContext ctx, ByteBuf bytes) {
        int before = held.length;
        // No more than a header may have: what follows stays where it is.
        held = Arrays.copyOf(held, before + Math.min(bytes.readableBytes(), ProxyHeader.MAX_BYTES - before));
        bytes.getBytes(bytes.readerIndex(), held, before, held.length - before);
        switch (ProxyHeader.read(held, held.length)) {
            case ProxyHeader.Incomplete() -> {}
            case ProxyHeader.Malformed(String reason) -> refuse(reason);
            case ProxyHeader.NoClient(int length) -> handOver(ctx, bytes.skipBytes(length - before), length);
            case ProxyHeader.Client(int length, var source) -> {
                if (connection.realAddress(source)) {
                    handOver(ctx, bytes.skipBytes(length - before), length);
                } else {
                    end();
                }
            }
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) left();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        left();
        var event = new CloseEvent(connection.fd(), CloseCode.ABNORMAL, "", Initiator.CLIENT, false);
        connection.gone(Ended.of(event, "proxy"), () -> {});
    }

    /** A reset or the like; the channel closes. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    /** The protocol inside takes the place of this, and gets {@code rest}. */
    private void handOver(ChannelHandlerContext ctx, ByteBuf rest, int headerBytes) {
        over = true;
        deadline.cancel();
        held = new byte[0];
        connection.received(headerBytes);
        inside.begin(connection);
        // Before what is inside gets the rest: it may start over from the head of the pipeline, as TLS does.
        ctx.pipeline().remove(this);
        if (rest.isReadable()) ctx.pipeline().fireChannelRead(rest.retain());
    }

    /** One that says nothing and goes was looking whether the port is open, as balancers do. */
    private void left() {
        if (over) return;
        if (held.length > 0) {
            refuse("the peer left");
        } else {
            end();
        }
    }

    private void refuse(String reason) {
        if (over) return;
        connection.counters().count(REFUSED);
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=proxy_header_refused reason=\"" + reason + "\"");
        end();
    }

    private void end() {
        over = true;
        deadline.cancel();
        connection.abort();
    }
}
