package dev.tidewire.server.internal.dispatch;

import dev.tidewire.server.options.Dispatch;
import java.util.concurrent.Executor;

/** Makes the lanes of a server's connections, by the server's {@link Dispatch}. */
public interface Lanes extends AutoCloseable {
    /**
     * The lane of a new connection.
     *
     * @param start runs what starts a thread, now or soon; the same one for all connections of a loop: to wake threads together, once for many lanes, costs far less than
     *     once for each
     */
    Lane lane(long fd, Executor start);

    /** For {@link #lane(long, Executor)}. */
    Executor AT_ONCE = Runnable::run;

    /** The lane of something else that has events, which begin at once. */
    default Lane lane(long fd) {
        return lane(fd, AT_ONCE);
    }

    /** True for a thread that these, or others of their kind, run events on. */
    boolean owns(Thread thread);

    /** Ends the threads that this owns, once the events given before are done. */
    @Override
    void close();

    /** The lanes of this kind of dispatch. */
    static Lanes of(Dispatch dispatch) {
        return switch (dispatch) {
            case Dispatch.Virtual(int most) -> new VirtualLanes(most);
            case Dispatch.EventLoop() -> new LoopLanes();
            case Dispatch.Workers(int threads) -> new WorkerLanes(threads);
        };
    }
}
