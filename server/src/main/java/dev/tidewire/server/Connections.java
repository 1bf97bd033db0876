package dev.tidewire.server;

import dev.tidewire.server.internal.engine.ConnectionTable;
import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;

/**
 * The fds of all open connections of a server, whatever they speak; a live view.
 *
 * <p>Threads: any, while connections come and go. A walk gives no fd twice and none that is known to be gone, and may or may
 * not give one that came after it began.
 */
public final class Connections implements Iterable<Long> {
    private final ConnectionTable table;

    Connections(ConnectionTable table) {
        this.table = table;
    }

    /** How many there are now. */
    public int count() {
        return table.count();
    }

    @Override
    public PrimitiveIterator.OfLong iterator() {
        return table.walk();
    }

    /** The fds as a stream. */
    public LongStream stream() {
        int features = Spliterator.DISTINCT | Spliterator.NONNULL;
        return StreamSupport.longStream(Spliterators.spliteratorUnknownSize(iterator(), features), false);
    }
}
