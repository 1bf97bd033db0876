package dev.tidewire.server.internal.dispatch;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Lets a number of lanes run at the same time; others wait, first come first served.
 *
 * <p>Threads: any.
 */
final class Turnstile {
    private final int most;
    private final ArrayDeque<Runnable> line = new ArrayDeque<>();
    private int inside;

    Turnstile(int most) {
        this.most = most;
    }

    /** True for a lane that may run now; else {@code begin} is called when it is its turn. */
    synchronized boolean enter(Runnable begin) {
        if (inside < most) {
            inside++;
            return true;
        }
        line.add(begin);
        return false;
    }

    /** One of those inside is done: the first in line begins. */
    void leave() {
        Runnable next = next();
        if (next != null) next.run();
    }

    /** True when the caller, who is inside and would go on, has given its place to the first in line and waits at the end. */
    boolean giveWay(Runnable begin) {
        Runnable first;
        synchronized (this) {
            first = line.poll();
            if (first == null) return false;
            line.add(begin);
        }
        first.run();
        return true;
    }

    private synchronized @Nullable Runnable next() {
        Runnable first = line.poll();
        if (first == null) inside--;
        return first;
    }
}
