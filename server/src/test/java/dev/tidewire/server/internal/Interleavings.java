package dev.tidewire.server.internal;

import java.util.concurrent.atomic.AtomicReference;
import org.jetbrains.lincheck.Lincheck;

/**
 * Runs threads in one order after another (ADR-0024): at each read and write of what they share, another one may go on. An order that
 * fails is printed step by step. One thread runs at a time: what a processor or a compiler reorders is not seen.
 *
 * <p>What is explored asserts with {@link #require}: what AssertJ does inside would be explored, too.
 */
public final class Interleavings {
    private static final AtomicReference<Object> SHARED = new AtomicReference<>();

    /** The tag of test classes that use this; they have a process of their own. */
    public static final String TAG = "interleavings";
    /** The tag of those that are left out of an ordinary build. */
    public static final String LONG = "long";

    private Interleavings() {}

    /** Runs {@code scenario} many times, and its {@link #together threads} in another order each time. */
    public static void explore(Runnable scenario) {
        Lincheck.runConcurrentTest(Integer.getInteger("interleavings"), scenario);
    }

    /**
     * Gives {@code object}, which several threads use from now on. Lincheck leaves out the plain fields of what it takes for one thread's own,
     * and does not look into lambdas for what they have captured.
     */
    public static <T> T shared(T object) {
        SHARED.set(object);
        return object;
    }

    /** Runs each part on a thread of its own, and waits for all. */
    public static void together(Runnable... parts) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread[] threads = new Thread[parts.length];
        for (int i = 0; i < parts.length; i++) {
            Runnable part = parts[i];
            threads[i] = new Thread(() -> {
                try {
                    part.run();
                } catch (Throwable thrown) { // thrown again by who waits
                    failure.set(thrown);
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            join(thread);
        }
        if (failure.get() != null) throw new AssertionError(failure.get());
    }

    /** Waits for a thread's end. */
    public static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Fails with {@code claim} when that is false. */
    public static void require(boolean holds, String claim) {
        if (!holds) throw new AssertionError(claim);
    }
}
