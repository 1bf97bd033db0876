package dev.tidewire.server.internal.engine;

import static java.lang.System.Logger.Level.INFO;

import java.time.Duration;

/**
 * Tells the connections of a server that ends to go, a batch at a time, so that not all of its clients come back, elsewhere, in the
 * same moment. The first half of the time is for telling them; the second is the last ones' to leave in.
 *
 * @param batch         connections told at a time
 * @param intervalNanos between two batches
 */
record Drain(int batch, long intervalNanos) {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    /** Tells all of them at once. */
    static final Drain AT_ONCE = new Drain(Integer.MAX_VALUE, 0);

    /** Spreads this many connections over half of {@code atMost}, but is no slower than {@code leastBatch} for each interval. */
    static Drain over(Duration atMost, int connections, int leastBatch, Duration interval) {
        long batches = Math.max(1, atMost.toNanos() / 2 / interval.toNanos());
        long evenly = Math.ceilDiv(connections, batches);
        return new Drain((int) Math.max(leastBatch, evenly), interval.toNanos());
    }

    /** Tells them, until all are told or the deadline has come; returns how many were told. */
    int tellAll(ConnectionTable connections, long deadline) throws InterruptedException {
        long begun = System.nanoTime();
        ConnectionTable.Walk walk = connections.walk();
        int told = 0;
        int batches = 0;
        while (walk.hasNext()) {
            told += tellSome(walk);
            batches++;
            long pause = Math.min(intervalNanos, deadline - System.nanoTime());
            if (pause > 0 && walk.hasNext()) connections.awaitEmpty(pause);
        }
        log(told, batches, System.nanoTime() - begun);
        return told;
    }

    private int tellSome(ConnectionTable.Walk walk) {
        int told = 0;
        while (told < batch && walk.hasNext()) {
            tell(walk.nextConnection());
            told++;
        }
        return told;
    }

    static void tell(Connection connection) {
        Conversation conversation = connection.conversation();
        if (conversation == null) {
            connection.abort();
        } else {
            conversation.goAway();
        }
    }

    private static void log(int told, int batches, long nanos) {
        LOG.log(
                INFO,
                () -> "event=shutdown step=connections_told told=" + told + " batches=" + batches + " took_ms="
                        + nanos / 1_000_000);
    }
}
