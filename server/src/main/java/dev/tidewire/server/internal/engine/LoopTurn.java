package dev.tidewire.server.internal.engine;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop that were written to in its present turn, flushed together at its end: many small sends
 * become one write for each connection.
 *
 * <p>Threads: its loop only, but for {@link #share}, {@link #calls} and {@link #atEnd}.
 */
final class LoopTurn implements Runnable {
    /** Connections that are flushed before the loop looks at its sockets again. */
    private static final int MOST_FLUSHES = 256;

    private final EventLoop loop;
    private final Executor endOfTurn;
    private final SendBudget.Share share;
    private final WriteWatch watch;
    private final LoopCalls calls;
    private final @Nullable SendRing ring;
    private final List<Outbound> touched = new ArrayList<>();
    /** True when this runs soon. */
    private boolean coming;

    /** @param endOfTurn runs what is given to it on the loop, behind its tasks, before it looks at its sockets */
    LoopTurn(EventLoop loop, Executor endOfTurn, SendBudget.Share share, Duration writeTimeout) {
        this.loop = loop;
        this.endOfTurn = endOfTurn;
        this.share = share;
        this.watch = new WriteWatch(loop, writeTimeout);
        this.calls = new LoopCalls(loop);
        this.ring = SendRing.of(loop);
    }

    /** What its connections draw on for what they have to send. */
    SendBudget.Share share() {
        return share;
    }

    /** What looks after its writes. */
    WriteWatch watch() {
        return watch;
    }

    /** What sends past Netty, where the loop can. */
    @Nullable
    SendRing ring() {
        return ring;
    }

    /** Who has something from other threads. */
    LoopCalls calls() {
        return calls;
    }

    /** Runs {@code action} at the end of the turn that it comes from; from elsewhere, or once the loop has ended, at once. */
    void atEnd(Runnable action) {
        if (loop.inEventLoop()) {
            try {
                loop.execute(action);
                return;
            } catch (RejectedExecutionException loopHasEnded) {
                // There are no more turns.
            }
        }
        action.run();
    }

    /** Runs {@code action} when the loop has looked at its sockets. On the loop. */
    void next(Runnable action) {
        endOfTurn.execute(() -> loop.execute(action));
    }

    void add(Outbound outbound) {
        assert loop.inEventLoop();
        if (!coming) call(endOfTurn, this);
        touched.add(outbound);
    }

    private void callAgain() {
        call(loop, this);
    }

    /** Once it fails, the next to add something calls. */
    private void call(Executor executor, Runnable task) {
        coming = false;
        executor.execute(task);
        coming = true;
    }

    /** Flushes; what is touched meanwhile, too. One that fails ends the walk. Those that are left come in the next turn. */
    @Override
    public void run() {
        int done = 0;
        try {
            while (done < touched.size() && done < MOST_FLUSHES) {
                touched.get(done++).endOfTurn();
            }
        } finally {
            touched.subList(0, done).clear();
            coming = false;
            if (!touched.isEmpty()) call(endOfTurn, this::callAgain);
        }
    }
}
