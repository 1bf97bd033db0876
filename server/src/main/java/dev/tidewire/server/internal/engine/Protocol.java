package dev.tidewire.server.internal.engine;

import dev.tidewire.protocol.CloseCode;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.internal.limits.Refusal;

/** What a listener speaks: how the conversation on a new connection begins. */
@FunctionalInterface
public interface Protocol {
    /** Adds the handlers of the first conversation to the connection's pipeline. Called on its loop. */
    void begin(Connection connection);

    /** {@link #begin}; when it fails, the connection ends. Called on its loop. */
    default void beginOrEnd(Connection connection) {
        try {
            begin(connection);
        } catch (RuntimeException | Error failure) {
            // A conversation would tell that the channel is closed, if there were one.
            if (!(connection.channel().pipeline().last() instanceof Conversation)) {
                CloseEvent event = new CloseEvent(connection.fd(), CloseCode.ABNORMAL, "", Initiator.SERVER, false);
                connection.gone(Ended.of(event, "-"), () -> {});
            }
            connection.channel().close();
            throw failure;
        }
    }

    /** What a peer is told for whom there is no room; nothing, it is just closed, when this is empty. */
    default byte[] refusal(Refusal why) {
        return new byte[0];
    }
}
