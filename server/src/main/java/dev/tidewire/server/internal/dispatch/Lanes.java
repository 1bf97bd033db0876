package dev.tidewire.server.internal.dispatch;

import dev.tidewire.server.options.Dispatch;
import java.util.concurrent.Executor;

/** Makes the lanes of a server's connections, by the server's {@link Dispatch}. */
public interface Lanes extends AutoCloseable {
    /** The lane of a new connection, or of something else that has events. */
    Lane lane(long fd);

    /**
     * The same for the connections of one event loop.
     *
     * @param endOfTurn runs what it is given when the loop's turn ends, or at once: to wake threads once for many lanes costs far less
     *     than once for each
     */
    default Lanes ofLoop(Executor endOfTurn) {
        return this;
    }

    /** True inside an event that these run on a thread of their own. */
    boolean runHere();

    /** Ends the threads that this owns, once the events given before are done. */
    @Override
    void close();

    /** The lanes of this kind of dispatch. */
    static Lanes of(Dispatch dispatch) {
        if (dispatch instanceof Dispatch.Virtual(int most)) return new VirtualLanes(most);
        if (dispatch instanceof Dispatch.Workers(int threads)) return new WorkerLanes(threads);
        if (dispatch instanceof Dispatch.EventLoop) return new LoopLanes();
        throw new AssertionError("no lanes for " + dispatch);
    }
}
