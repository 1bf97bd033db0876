package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.WebSocketStatus;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * What comes before the first conversation that the application sees, such as a TLS handshake.
 *
 * <p>Threads: the connection's loop; those of {@link Conversation} any.
 */
public abstract class Opening extends ChannelInboundHandlerAdapter implements Conversation {
    /** What it opens. */
    protected final Connection connection;

    /** The opening of a connection that was just accepted. */
    protected Opening(Connection connection) {
        this.connection = connection;
    }

    /** Takes its place on the connection. */
    protected final void begin() {
        connection.converse(this);
        connection.channel().pipeline().addLast(this);
    }

    @Override
    public final WebSocketStatus status() {
        return WebSocketStatus.NONE;
    }

    /** There is nothing yet that could be ended politely. */
    @Override
    public final boolean close() {
        connection.abort();
        return true;
    }

    @Override
    public final void goAway() {
        close();
    }
}
