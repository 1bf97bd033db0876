package dev.tidewire.server;

import dev.tidewire.server.internal.engine.ConnectionTable;
import dev.tidewire.server.internal.engine.StreamListening;
import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The fds of all open connections of a server or of one listener, whatever they speak; a live view.
 *
 * <p>Threads: any, while connections come and go. A walk gives no fd twice and none that is known to be gone, and may or may
 * not give one that came after it began.
 */
public final class Connections implements Iterable<Long> {
    private final ConnectionTable table;
    private final @Nullable StreamListening only;

    /** @param only where they came in; null for all */
    Connections(ConnectionTable table, @Nullable StreamListening only) {
        this.table = table;
        this.only = only;
    }

    /** How many there are now. */
    public int count() {
        return only == null ? table.count() : table.count(only);
    }

    @Override
    public PrimitiveIterator.OfLong iterator() {
        return only == null ? table.walk() : table.walk(only);
    }

    /** The fds as a stream. */
    public LongStream stream() {
        int features = Spliterator.DISTINCT | Spliterator.NONNULL;
        return StreamSupport.longStream(Spliterators.spliteratorUnknownSize(iterator(), features), false);
    }
}
