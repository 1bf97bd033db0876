package dev.tidewire.server.internal.engine;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The writes of one event loop that the socket did not take at once. A few times in each {@code writeTimeout} it looks at all of
 * them, and ends those of which nothing was taken for so long. To begin and to end a write costs no clock and no timer.
 *
 * <p>Threads: its loop only.
 */
final class WriteWatch implements Runnable {
    /** In one timeout; a write is ended after one timeout at least and a fourth more at most. */
    private static final int LOOKS = 4;

    private final EventLoop loop;
    private final long lookNanos;
    private final List<Outbound> underWay = new ArrayList<>();
    private boolean scheduled;

    /** @param timeout zero for none */
    WriteWatch(EventLoop loop, Duration timeout) {
        this.loop = loop;
        this.lookNanos = timeout.isZero() ? 0 : Math.max(1, timeout.toNanos() / LOOKS);
    }

    /** Watches the write that {@code outbound} has begun. */
    void add(Outbound outbound) {
        if (lookNanos == 0) return;
        outbound.watched(underWay.size());
        underWay.add(outbound);
        if (!scheduled) schedule();
    }

    /** The write has ended that stands at {@code place}. */
    void remove(int place) {
        Outbound last = underWay.removeLast();
        if (place == underWay.size()) return;
        underWay.set(place, last);
        last.movedTo(place);
    }

    @Override
    public void run() {
        scheduled = false;
        // Backwards: who is ended leaves his place to the last, which has been looked at.
        for (int i = underWay.size() - 1; i >= 0; i--) {
            if (i < underWay.size()) underWay.get(i).look(LOOKS);
        }
        if (!underWay.isEmpty() && !scheduled) schedule();
    }

    private void schedule() {
        scheduled = true;
        loop.schedule(this, lookNanos, TimeUnit.NANOSECONDS);
    }
}
