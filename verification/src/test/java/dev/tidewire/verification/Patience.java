package dev.tidewire.verification;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what no event tells. */
public final class Patience {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private Patience() {}

    /** Returns once {@code state} holds, and fails when it never does. */
    public static void until(String expectation, BooleanSupplier state) {
        long start = System.nanoTime();
        while (!state.getAsBoolean()) {
            if (System.nanoTime() - start > LIMIT_NANOS)
                throw new AssertionError("waited in vain until " + expectation);
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
        }
    }
}
