package dev.tidewire.server.internal.dispatch;

/** Where one connection's events run: one after another, in the order they were given. */
public interface Lane {
    /**
     * Runs {@code event} after every event given before it.
     *
     * <p>Threads: events that must keep an order are given by one thread, the connection's loop.
     *
     * @param event does not throw
     */
    void execute(Runnable event);

    /** True when events run inside {@link #execute}, so that none ever waits. */
    default boolean isInline() {
        return false;
    }

    /** True when every event given before is known to be done. */
    default boolean isIdle() {
        return isInline();
    }
}
