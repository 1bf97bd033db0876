package dev.tidewire.server.internal.engine;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * What a server counts, by name. Names come from our code, never from a peer; should one ever slip through, their number is
 * bounded and the rest is counted as {@value #OTHER}.
 *
 * <p>Threads: any.
 */
public final class Counters {
    static final int MAX_NAMES = 1024;
    static final String OTHER = "other";

    private static final long NANOS_BETWEEN_LINES = TimeUnit.MINUTES.toNanos(1);

    private final Map<String, Long> lastTold = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> byName = new ConcurrentHashMap<>();
    private volatile Consumer<String> whenNew = name -> {};

    /** Tells of names that are counted for the first time. */
    public void whenNew(Consumer<String> told) {
        whenNew = told;
    }

    /** Counts one more of {@code name}. */
    public void count(String name) {
        count(name, 1);
    }

    /** Counts {@code more} of {@code name}. */
    public void count(String name, long more) {
        if (more <= 0) return;
        LongAdder known = byName.get(name);
        if (known == null) {
            countNew(byName.size() < MAX_NAMES ? name : OTHER, more);
        } else {
            known.add(more);
        }
    }

    /**
     * Counts one more of {@code name}, of which an operator should hear, but not for each peer.
     *
     * @return true for the first, and then once in a minute
     */
    public boolean countAndTell(String name) {
        count(name);
        long now = System.nanoTime();
        Long told = lastTold.get(name);
        if (told == null) return lastTold.putIfAbsent(name, now) == null;
        return now - told >= NANOS_BETWEEN_LINES && lastTold.replace(name, told, now);
    }

    /** How many of {@code name} so far. */
    public long read(String name) {
        LongAdder known = byName.get(name);
        return known == null ? 0 : known.sum();
    }

    /** The counts so far, in the order of their names; those counted meanwhile may be missing. */
    public SortedMap<String, Long> snapshot() {
        SortedMap<String, Long> counts = new TreeMap<>();
        byName.forEach((name, adder) -> counts.put(name, adder.sum()));
        return counts;
    }

    /** A name is never seen before something is counted by it. */
    private void countNew(String name, long more) {
        LongAdder fresh = new LongAdder();
        fresh.add(more);
        LongAdder known = byName.putIfAbsent(name, fresh);
        if (known == null) {
            whenNew.accept(name);
        } else {
            known.add(more);
        }
    }
}
