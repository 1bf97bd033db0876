package dev.tidewire.server.internal.engine;

import java.util.PrimitiveIterator;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a server by fd.
 *
 * <p>An fd is not a file descriptor: it counts up from 1 and is never reused, so a late one finds nobody rather than somebody
 * else. Slot {@code fd % capacity} holds the connection; an fd whose slot is taken by a connection that outlived a whole
 * round is skipped. The table doubles when it is half full.
 *
 * <p>Threads: any. Adding, removing and growing hold the monitor; looking up and walking take no lock and may miss what is
 * added meanwhile.
 */
public final class ConnectionTable {
    private static final int FIRST_CAPACITY = 1024;

    private volatile AtomicReferenceArray<@Nullable Connection> slots;
    private int held;
    private volatile int open;
    private long lastFd;

    /** An empty table. */
    public ConnectionTable() {
        this(FIRST_CAPACITY);
    }

    /** @param firstCapacity a power of two, 2 at least */
    ConnectionTable(int firstCapacity) {
        slots = new AtomicReferenceArray<>(firstCapacity);
    }

    /** Makes a connection with the next free fd and holds it. */
    synchronized Connection add(LongFunction<Connection> maker) {
        if (held >= slots.length() / 2) grow();
        do {
            lastFd++;
        } while (slots.getPlain(slot(slots, lastFd)) != null);
        Connection connection = maker.apply(lastFd);
        slots.setRelease(slot(slots, lastFd), connection);
        held++;
        open++;
        connection.listening().openConnections++;
        return connection;
    }

    /** Counts one of the connections as closed; it is held until it is {@link #remove removed}. */
    synchronized void closed(Connection connection) {
        open--;
        connection.listening().openConnections--;
    }

    /** Forgets the connection, if it is still held. */
    synchronized void remove(Connection connection) {
        int slot = slot(slots, connection.fd());
        if (slots.getPlain(slot) != connection) return;
        slots.setRelease(slot, null);
        held--;
        notifyAll();
    }

    /** The connection with this fd, or null. */
    public @Nullable Connection find(long fd) {
        AtomicReferenceArray<@Nullable Connection> table = slots;
        Connection connection = table.getAcquire(slot(table, fd));
        return connection != null && connection.fd() == fd ? connection : null;
    }

    /** How many connections are open. */
    public int count() {
        return open;
    }

    /** How many connections are held: the open ones, and those whose last event has yet to be handled. */
    synchronized int held() {
        return held;
    }

    /** Waits until no connection is held; false when some still are after {@code nanos}. */
    synchronized boolean awaitEmpty(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        while (held > 0) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) return false;
            wait(millis);
        }
        return true;
    }

    /** Walks the connections in no order. */
    public Walk walk() {
        return new Walk(slots, null);
    }

    /** How many connections are open that came in here. */
    public int count(StreamListening listening) {
        return listening.openConnections;
    }

    /** Walks the connections that came in here, in no order. */
    public Walk walk(StreamListening listening) {
        return new Walk(slots, listening);
    }

    private void grow() {
        AtomicReferenceArray<@Nullable Connection> old = slots;
        AtomicReferenceArray<@Nullable Connection> twice = new AtomicReferenceArray<>(old.length() * 2);
        for (int i = 0; i < old.length(); i++) {
            Connection connection = old.getPlain(i);
            if (connection != null) twice.setPlain(slot(twice, connection.fd()), connection);
        }
        slots = twice;
    }

    private static int slot(AtomicReferenceArray<?> table, long fd) {
        return (int) fd & (table.length() - 1);
    }

    /** One pass over the table as it was when the pass began, less what has gone since. */
    public static final class Walk implements PrimitiveIterator.OfLong {
        private final AtomicReferenceArray<@Nullable Connection> table;
        private final @Nullable StreamListening only;
        private int index;
        private @Nullable Connection next;

        /** @param only where its connections came in; null for all */
        private Walk(AtomicReferenceArray<@Nullable Connection> table, @Nullable StreamListening only) {
            this.table = table;
            this.only = only;
        }

        @Override
        public boolean hasNext() {
            while (next == null && index < table.length()) {
                Connection candidate = table.getAcquire(index++);
                if (candidate != null && isWanted(candidate)) next = candidate;
            }
            return next != null;
        }

        private boolean isWanted(Connection candidate) {
            return candidate.isOpen() && (only == null || candidate.listening() == only);
        }

        @Override
        public long nextLong() {
            return nextConnection().fd();
        }

        /** The next connection. */
        public Connection nextConnection() {
            if (!hasNext()) throw new java.util.NoSuchElementException();
            Connection connection = java.util.Objects.requireNonNull(next);
            next = null;
            return connection;
        }
    }
}
