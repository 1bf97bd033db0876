package dev.tidewire.server.options;

/**
 * Where handlers run.
 *
 * <p>In every mode the events of one connection are serial and in order: OPEN returns before the first MESSAGE starts,
 * messages never overlap or overtake, CLOSE comes last and once. Events of different connections run at the same time.
 */
public sealed interface Dispatch {
    /**
     * On virtual threads: handlers may block, and hold up only their own connection. A thread may run handlers of several connections
     * one after another, so what one leaves in a {@link ThreadLocal} another may find.
     */
    Dispatch VIRTUAL = new Virtual(0);

    /**
     * {@link #VIRTUAL} with a bound: while so many connections have a handler running, events of others wait for their turn, first come
     * first served. Handlers that wait for each other must not be more than that.
     *
     * @throws IllegalArgumentException when {@code maxConcurrentHandlers} is not positive
     */
    static Dispatch virtual(int maxConcurrentHandlers) {
        if (maxConcurrentHandlers < 1) {
            throw new IllegalArgumentException(
                    "maxConcurrentHandlers must be at least 1, was " + maxConcurrentHandlers);
        }
        return new Virtual(maxConcurrentHandlers);
    }

    /** On the connection's event loop: fastest, but a handler that blocks stops every connection of its loop. */
    Dispatch EVENT_LOOP = new EventLoop();

    /**
     * On a fixed number of threads, each connection always on the same one. A handler that blocks holds up the connections
     * that share its thread.
     *
     * @throws IllegalArgumentException when {@code threads} is not positive
     */
    static Dispatch workers(int threads) {
        return new Workers(threads);
    }

    /**
     * The type of {@link #VIRTUAL} and {@link #virtual}.
     *
     * @param maxConcurrentHandlers 0 for any number
     */
    record Virtual(int maxConcurrentHandlers) implements Dispatch {
        /** Checks the number. */
        public Virtual {
            if (maxConcurrentHandlers < 0) {
                throw new IllegalArgumentException(
                        "maxConcurrentHandlers must not be negative, was " + maxConcurrentHandlers);
            }
        }
    }

    /** The type of {@link #EVENT_LOOP}. */
    record EventLoop() implements Dispatch {}

    /**
     * The type of {@link #workers}.
     *
     * @param threads at least 1
     */
    record Workers(int threads) implements Dispatch {
        /** Checks {@code threads}. */
        public Workers {
            if (threads < 1) throw new IllegalArgumentException("workers must be at least 1, was " + threads);
        }
    }
}
