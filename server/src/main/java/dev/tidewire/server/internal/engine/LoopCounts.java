package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.CloseCount;
import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What one event loop counts.
 *
 * <p>Threads: the loop alone adds, by plain writes, for it does so several times for each message; any thread may read, opaquely, and
 * sees a number a moment late. The numbers of two loops never share a cache line.
 */
final class LoopCounts {
    static final int OPENED = 0;
    static final int CLOSED = 1;
    static final int TURNED_AWAY = 2;
    static final int BYTES_RECEIVED = 3;
    static final int BYTES_SENT = 4;
    static final int MESSAGES_RECEIVED = 5;
    static final int MESSAGES_SENT = 6;
    static final int DISPATCHED = 7;
    static final int PACKETS_RECEIVED = 8;
    static final int PACKETS_SENT = 9;
    private static final int CLOSES = 10;

    private static final int FIRST_CODE = 1000;
    private static final int CODES = 16;
    private static final int LIBRARIES = CODES;
    private static final int APPLICATIONS = CODES + 1;
    private static final int OTHER = CODES + 2;
    private static final int LABELS = CloseCount.CODES.size();

    /** Two lines of 64 bytes at either end, which the processor may fetch as one. */
    private static final int PADDING = 16;

    private static final VarHandle NUMBERS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] numbers = new long[PADDING + CLOSES + LABELS * Initiator.values().length + PADDING];

    /** Adds {@code more} to one of the numbers. */
    void add(int which, long more) {
        numbers[PADDING + which] += more;
    }

    /** One of the numbers, so far. */
    long read(int which) {
        return (long) NUMBERS.getOpaque(numbers, PADDING + which);
    }

    /** Counts how a connection ended. */
    void closed(CloseEvent event) {
        add(CLOSED, 1);
        add(place(event.initiator(), label(event.code())), 1);
    }

    /** How the connections of all these loops have ended, as far as any did. */
    static List<CloseCount> closes(Iterable<LoopCounts> loops) {
        List<CloseCount> closes = new ArrayList<>();
        for (Initiator initiator : Initiator.values()) {
            for (int label = 0; label < LABELS; label++) {
                long count = sum(loops, place(initiator, label));
                if (count > 0) closes.add(new CloseCount(CloseCount.CODES.get(label), initiator, count));
            }
        }
        return closes;
    }

    static long sum(Iterable<LoopCounts> loops, int which) {
        long sum = 0;
        for (LoopCounts counts : loops) {
            sum += counts.read(which);
        }
        return sum;
    }

    private static int place(Initiator initiator, int label) {
        return switch (initiator) {
            case CLIENT -> CLOSES + label;
            case SERVER -> CLOSES + LABELS + label;
        };
    }

    /** Peers choose from thousands of codes, and must not choose how much we remember. */
    private static int label(int code) {
        if (code >= FIRST_CODE && code < FIRST_CODE + CODES) return code - FIRST_CODE;
        if (code >= 3000 && code < 4000) return LIBRARIES;
        return code >= 4000 && code < 5000 ? APPLICATIONS : OTHER;
    }
}
