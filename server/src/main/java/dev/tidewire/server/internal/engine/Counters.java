package dev.tidewire.server.internal.engine;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a server counts, by name. Names come from our code, never from a peer; should one ever slip through, their number is
 * bounded and the rest is counted as {@value #OTHER}.
 *
 * <p>Threads: any.
 */
public final class Counters {
    static final int MAX_NAMES = 1024;
    static final String OTHER = "other";

    private final Map<String, LongAdder> byName = new ConcurrentHashMap<>();

    /** Counts one more of {@code name}. */
    public void count(String name) {
        LongAdder known = byName.get(name);
        if (known == null) known = adder(byName.size() < MAX_NAMES ? name : OTHER);
        known.increment();
    }

    /** The counts so far, in the order of their names; those counted meanwhile may be missing. */
    public SortedMap<String, Long> snapshot() {
        SortedMap<String, Long> counts = new TreeMap<>();
        byName.forEach((name, adder) -> counts.put(name, adder.sum()));
        return counts;
    }

    private LongAdder adder(String name) {
        return byName.computeIfAbsent(name, fresh -> new LongAdder());
    }
}
