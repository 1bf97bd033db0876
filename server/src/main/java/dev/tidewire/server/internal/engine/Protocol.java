package dev.tidewire.server.internal.engine;

/** What a listener speaks: how the conversation on a new connection begins. */
@FunctionalInterface
public interface Protocol {
    /** Adds the handlers of the first conversation to the connection's pipeline. Called on its loop. */
    void begin(Connection connection);
}
