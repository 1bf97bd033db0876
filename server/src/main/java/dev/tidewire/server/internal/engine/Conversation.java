package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.WebSocketStatus;

/** What is spoken on a connection at the moment; an upgrade puts another in its place. */
public interface Conversation {
    /** How far the connection is with WebSocket. Threads: any. */
    WebSocketStatus status();

    /**
     * Ends it in its own polite way after what waits to be sent. Threads: any.
     *
     * @return false when it was ending already
     */
    boolean close();

    /** Ends it politely because the server goes away. Threads: any. */
    void goAway();

    /** Ends it politely because it has lasted, or been silent, for as long as it may. On the loop. */
    default void retire(String why) {
        close();
    }

    /** Ends it because the peer sends more than it may; what comes in from now on is not handled. On the loop. */
    default void overRate(String why) {
        close();
    }

    /** True while the next word is ours: then the peer's silence means nothing. On the loop. */
    default boolean isOurTurn() {
        return false;
    }

    /** True while it has kept what came in before the connection was paused. On the loop. */
    default boolean hasUnread() {
        return false;
    }

    /** Reads what it has kept, up to the next pause. On the loop. */
    default void readUnread() {}

    /** True when the application wants to hear of {@link #drained}. */
    default boolean hearsDrain() {
        return false;
    }

    /** Much waited to be sent, and little is left of it. On the loop. */
    default void drained() {}
}
