package dev.tidewire.server.internal.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What all connections of a server together may have waiting to be sent, in full units of {@value #UNIT_BYTES} bytes: what a connection has
 * below one unit is free, for the connection itself costs about as much, and to send a short message that never waits costs nothing here.
 *
 * <p>What is not in use lies in one pool and in a share for each loop, so that loops and the threads that send to their
 * connections do not all change the same number. Shares take from the pool in larger portions, and when it is empty from each
 * other: what is drawn never passes the total.
 *
 * <p>A connection on which much waits already may take a quarter of what is free and no more. However many peers do not read,
 * something is left for those that do; and the more there are of them, the less each may hold.
 *
 * <p>Threads: any.
 */
public final class SendBudget {
    static final int UNIT_BYTES = 4096;
    /** Of what a share takes from the pool at once, at most: 256 KiB. */
    private static final int PORTION_UNITS = 64;

    private static final VarHandle POOL = Handles.find(MethodHandles.lookup(), "pool", long.class);

    private final long totalUnits;
    private final List<Share> shares = new CopyOnWriteArrayList<>();

    /** Written through {@link #POOL} only: units that no share has. Negative while more is owed to peers than there is. */
    @SuppressWarnings("unused") // read and written through the handle
    private volatile long pool;

    /** A budget of that many bytes, rounded down to units; 0 for no limit. */
    SendBudget(long totalBytes) {
        totalUnits = totalBytes == 0 ? Long.MAX_VALUE / UNIT_BYTES / 2 : totalBytes / UNIT_BYTES;
        POOL.setRelease(this, totalUnits);
    }

    /**
     * A budget with which what waits takes no more than {@code bytes} of memory, 0 for no limit: an eighth is kept for what buffers are larger
     * than what is in them, for memory taken in chunks, and for what is free.
     */
    static SendBudget ofMemory(long bytes) {
        return new SendBudget(bytes - bytes / 8);
    }

    /** How many units that many bytes of one connection take. */
    static long units(long bytes) {
        return bytes / UNIT_BYTES;
    }

    /** The share of one more loop. */
    Share share() {
        Share share = new Share(this);
        shares.add(share);
        return share;
    }

    /** Bytes in use, to the unit; more by up to a portion for each share that gives some back to the pool meanwhile. */
    public synchronized long usedBytes() {
        return (totalUnits - freeUnits()) * UNIT_BYTES;
    }

    /** The pool is looked at first: what a share gives to it meanwhile is counted in neither, and what is drawn from it in both. */
    private long freeUnits() {
        long free = (long) POOL.getVolatile(this);
        for (Share share : shares) {
            free += (long) Share.FREE.getVolatile(share);
        }
        return free;
    }

    /** Draws {@code units}, and a portion for later into {@code to}, from the pool or else from what other shares have left. */
    private synchronized boolean draw(long units, Share to) {
        long portion = Math.min(PORTION_UNITS, totalUnits / 16);
        long got = takeFromPool(units + portion);
        for (Share share : shares) {
            if (got >= units) break;
            got += (long) Share.FREE.getAndSet(share, 0L);
        }
        boolean enough = got >= units;
        if (enough) {
            Share.FREE.getAndAdd(to, got - units);
        } else {
            POOL.getAndAdd(this, got);
        }
        return enough;
    }

    private long takeFromPool(long most) {
        while (true) {
            long before = (long) POOL.getVolatile(this);
            long taken = Math.min(most, Math.max(0, before));
            if (POOL.weakCompareAndSet(this, before, before - taken)) return taken;
        }
    }

    /** What the connections of one loop draw on. */
    static final class Share {
        private static final VarHandle FREE = Handles.find(MethodHandles.lookup(), "free", long.class);

        private final SendBudget budget;

        /** Written through {@link #FREE} only: units drawn from the pool and not in use; never negative. */
        @SuppressWarnings("unused") // read and written through the handle
        private volatile long free;

        private Share(SendBudget budget) {
            this.budget = budget;
        }

        /**
         * Takes {@code more} units for a connection that has {@code had}.
         *
         * @return false when there are not so many, or too few for a connection that has so much already
         */
        boolean take(long had, long more) {
            if (had > 0 && isTooMuch(had + more)) return false;
            while (true) {
                long before = (long) FREE.getVolatile(this);
                if (before < more) return budget.freeUnits() >= more && budget.draw(more, this);
                if (FREE.weakCompareAndSet(this, before, before - more)) return true;
            }
        }

        /** Takes units whether they are there or not, for what must be sent. */
        void takeAnyway(long units) {
            while (true) {
                long before = (long) FREE.getVolatile(this);
                long near = Math.min(before, units);
                if (!FREE.weakCompareAndSet(this, before, before - near)) continue;
                if (near < units) POOL.getAndAdd(budget, near - units);
                return;
            }
        }

        /** Gives units back. */
        void give(long units) {
            if ((long) POOL.getOpaque(budget) < 0) {
                POOL.getAndAdd(budget, units);
                return;
            }
            long now = (long) FREE.getAndAdd(this, units) + units;
            if (now > 2 * PORTION_UNITS && FREE.compareAndSet(this, now, (long) PORTION_UNITS)) {
                POOL.getAndAdd(budget, now - PORTION_UNITS);
            }
        }

        /** True for more than a quarter of what is free; looks at the shares of others only when little is left elsewhere. */
        boolean isTooMuch(long units) {
            long near = (long) FREE.getOpaque(this) + (long) POOL.getOpaque(budget);
            return units > near / 4 && units > budget.freeUnits() / 4;
        }
    }
}
