package dev.tidewire.protocol.deflate;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Contexts of one kind, of which a bounded number waits for its next use.
 *
 * <p>Threads: any. What is borrowed belongs to the borrower until it is given back.
 */
final class Pool<C extends Context> implements AutoCloseable {
    private final int maxIdle;
    private final Supplier<C> maker;
    private final Deque<C> idle = new ArrayDeque<>();
    private boolean closed;

    Pool(int maxIdle, Supplier<C> maker) {
        if (maxIdle < 0) {
            throw new IllegalArgumentException("maxIdle must not be negative, was " + maxIdle);
        }
        this.maxIdle = maxIdle;
        this.maker = maker;
    }

    /** A context that remembers nothing. */
    C borrow() {
        C waiting = poll();
        return waiting == null ? maker.get() : waiting;
    }

    /** Takes back what was borrowed, in whatever state. */
    void giveBack(C context) {
        context.reset();
        if (!keep(context)) {
            context.close();
        }
    }

    /** Frees what waits; what is still borrowed is freed when it is given back. */
    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(Context::close);
        idle.clear();
    }

    private synchronized @Nullable C poll() {
        return idle.pollLast();
    }

    private synchronized boolean keep(C context) {
        return !closed && idle.size() < maxIdle && idle.add(context);
    }
}
