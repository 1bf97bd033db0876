package dev.tidewire.server.internal.engine;

import dev.tidewire.server.internal.limits.Refusal;

/** What a listener speaks: how the conversation on a new connection begins. */
@FunctionalInterface
public interface Protocol {
    /** Adds the handlers of the first conversation to the connection's pipeline. Called on its loop. */
    void begin(Connection connection);

    /** What a peer is told for whom there is no room; nothing, it is just closed, when this is empty. */
    default byte[] refusal(Refusal why) {
        return new byte[0];
    }
}
