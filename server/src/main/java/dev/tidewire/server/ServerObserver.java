package dev.tidewire.server;

/**
 * Hears what a server measures only when somebody listens, which is what metrics are made of; see {@link Server#observe}.
 *
 * <p>Threads: called by many at once, event loops included: implementations are quick, do not block and do not throw.
 */
public interface ServerObserver {
    /**
     * A handler or the action of a timer returned or threw.
     *
     * @param event what it was for; the event of a timer is called {@code tick} or {@code after}
     * @param route the template of the WebSocket's path, such as {@code /chat/{room}}; {@code *} without routes, {@code -} for
     *     events of no WebSocket
     */
    default void handled(Event<?> event, String route, long nanos, boolean failed) {}

    /** An event loop took this long for a sign of life, which each is asked for several times a second. */
    default void loopLagged(long nanos) {}

    /** A name of {@link Server#counters} was counted for the first time. */
    default void counterAppeared(String name) {}
}
