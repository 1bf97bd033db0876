package dev.tidewire.server.options;

/**
 * What becomes of a message for a peer that has not made room for it: its queue would pass {@code maxQueuedBytes}. Control frames
 * and fragments never give way, nor do bytes that the socket has begun to take.
 */
public enum SlowConsumer {
    /**
     * The connection is closed: a WebSocket with 1013, in place of all that waits and has not been begun; plain TCP behind it. A
     * peer that takes nothing for {@code closeTimeout} is cut off. The push is {@code CLOSED}.
     */
    DISCONNECT,
    /** The message is {@code DROPPED}, and the application decides. */
    DROP_NEWEST,
    /**
     * Whole messages that wait give way, the oldest first, until there is room. If not even that makes enough, the message is
     * {@code DROPPED}.
     */
    DROP_OLDEST
}
