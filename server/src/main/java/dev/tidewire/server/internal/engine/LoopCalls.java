package dev.tidewire.server.internal.engine;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The connections for which other threads have left something in the line, until their loop looks: it is called once for all of
 * them, however many threads send to however many connections.
 *
 * <p>They are a list through {@link Outbound#calledBefore}, the latest first; whoever begins one calls the loop.
 *
 * <p>Threads: {@link #add} any.
 */
final class LoopCalls implements Runnable {
    private final EventLoop loop;
    private final AtomicReference<@Nullable Outbound> latest = new AtomicReference<>();

    LoopCalls(EventLoop loop) {
        this.loop = loop;
    }

    /** Has the loop {@linkplain Outbound#answerCall look}; not for one that waits for that already. */
    void add(Outbound outbound) {
        if (begins(outbound)) call();
    }

    /** Puts one into the list; true for the first. */
    private boolean begins(Outbound outbound) {
        Outbound before;
        do {
            before = latest.get();
            outbound.calledBefore = before;
        } while (!latest.compareAndSet(before, outbound));
        return before == null;
    }

    private void call() {
        try {
            loop.execute(this);
        } catch (RejectedExecutionException loopHasEnded) {
            each(take(), Outbound::callFailed);
        } catch (RuntimeException | Error failure) {
            each(take(), Outbound::callMissed); // or nobody would ever call again
            throw failure;
        }
    }

    /** One that fails ends the walk, and the others come in the next. */
    @Override
    public void run() {
        Outbound rest = take();
        try {
            while (rest != null) {
                Outbound outbound = rest;
                rest = next(outbound);
                outbound.answerCall();
            }
        } finally {
            callFor(rest);
        }
    }

    private void callFor(@Nullable Outbound first) {
        boolean begun = false;
        Outbound rest = first;
        while (rest != null) {
            Outbound outbound = rest;
            rest = next(outbound);
            begun |= begins(outbound);
        }
        if (begun) call();
    }

    /** All of them, the first to come first. */
    private @Nullable Outbound take() {
        Outbound reversed = latest.getAndSet(null);
        Outbound first = null;
        while (reversed != null) {
            Outbound outbound = reversed;
            reversed = next(outbound);
            outbound.calledBefore = first;
            first = outbound;
        }
        return first;
    }

    private static void each(@Nullable Outbound first, Consumer<Outbound> action) {
        Outbound rest = first;
        while (rest != null) {
            Outbound outbound = rest;
            rest = next(outbound);
            action.accept(outbound);
        }
    }

    /** Takes {@code outbound} off the rest of its list, before anything is done that lets it be called again. */
    private static @Nullable Outbound next(Outbound outbound) {
        Outbound next = outbound.calledBefore;
        outbound.calledBefore = null;
        return next;
    }
}
