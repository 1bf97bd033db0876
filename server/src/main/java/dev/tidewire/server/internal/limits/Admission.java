package dev.tidewire.server.internal.limits;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts the connections of a server, in total and by address, and says whether there is room for one more. It holds an address
 * no longer than a connection of it.
 *
 * <p>A connection is counted by the address it was {@link #admit admitted} with until it is {@link #move moved} to another, such as the
 * real one that a proxy told, and until it is {@link #release released}, once.
 *
 * <p>Threads: any.
 */
public final class Admission {
    private final int maxConnections;
    private final int maxPerAddress;
    private final @Nullable Pace pace;
    private final LongSupplier nanoTime;
    private final AtomicInteger admitted = new AtomicInteger();
    private final ConcurrentMap<Long, Integer> byAddress = new ConcurrentHashMap<>();
    private final AtomicLong fullAt;

    /**
     * Limits of 0 are none.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public Admission(int maxConnections, int maxPerAddress, int maxPerSecond, LongSupplier nanoTime) {
        this.maxConnections = maxConnections == 0 ? Integer.MAX_VALUE : maxConnections;
        this.maxPerAddress = maxPerAddress;
        this.pace = maxPerSecond == 0 ? null : Pace.of(maxPerSecond);
        this.nanoTime = nanoTime;
        fullAt = new AtomicLong(nanoTime.getAsLong());
    }

    /**
     * Counts one connection more, unless there is no room for it.
     *
     * @param address an {@link AddressKey}; {@link AddressKey#NONE} when it has none, or none that counts yet
     * @return null when it is admitted and must be released at its end
     */
    public @Nullable Refusal admit(long address) {
        if (!enter()) return Refusal.TOTAL;
        if (!enter(address)) {
            admitted.decrementAndGet();
            return Refusal.ADDRESS;
        }
        if (!isSlowEnough()) {
            release(address);
            return Refusal.RATE;
        }
        return null;
    }

    /**
     * Counts an admitted connection by another address.
     *
     * @return false when that has as many as it may; it is then counted by the former one still
     */
    public boolean move(long from, long to) {
        if (from == to) return true;
        if (!enter(to)) return false;
        leave(from);
        return true;
    }

    /** An admitted connection is gone. */
    public void release(long address) {
        leave(address);
        admitted.decrementAndGet();
    }

    /** How many are admitted. */
    public int count() {
        return admitted.get();
    }

    /** How many addresses are held. */
    public int addresses() {
        return byAddress.size();
    }

    private boolean enter() {
        return admitted.getAndUpdate(count -> Math.min(count + 1, maxConnections)) < maxConnections;
    }

    private boolean enter(long address) {
        if (maxPerAddress == 0 || address == AddressKey.NONE) return true;
        int[] before = new int[1];
        byAddress.compute(address, (key, count) -> {
            before[0] = count == null ? 0 : count;
            return Math.min(before[0] + 1, maxPerAddress);
        });
        return before[0] < maxPerAddress;
    }

    private void leave(long address) {
        if (maxPerAddress == 0 || address == AddressKey.NONE) return;
        byAddress.computeIfPresent(address, (key, count) -> count == 1 ? null : Integer.valueOf(count - 1));
    }

    private boolean isSlowEnough() {
        if (pace == null) return true;
        long now = nanoTime.getAsLong();
        while (true) {
            long before = fullAt.get();
            long after = pace.after(before, now, 1);
            if (pace.debt(after, now) > 0) return false;
            if (fullAt.compareAndSet(before, after)) return true;
        }
    }
}
