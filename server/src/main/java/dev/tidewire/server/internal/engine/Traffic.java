package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.internal.time.LoopTime;
import java.time.Instant;

/**
 * What went over one connection.
 *
 * <p>Threads: the connection's loop counts; any thread may read, and may see a count a moment late. The fields are plain
 * because the loop adds to them for every message.
 */
public final class Traffic {
    final long connectedMillis = System.currentTimeMillis();
    final long connectedNanos;
    private final LoopTime time;
    /** As {@link LoopTime#read} tells time, which no one sets. */
    long lastReceivedNanos;

    long lastSentNanos;
    long bytesReceived;
    long bytesSent;
    long messagesReceived;
    long messagesSent;
    private final LoopCounts loop;

    /** @param loop where the connection's loop counts the same for all its connections */
    Traffic(LoopTime time, LoopCounts loop) {
        this.time = time;
        this.loop = loop;
        connectedNanos = time.refresh();
        lastReceivedNanos = connectedNanos;
        lastSentNanos = connectedNanos;
    }

    /** Milliseconds since the connection was accepted. */
    long ageMillis() {
        return (time.read() - connectedNanos) / 1_000_000;
    }

    /** When the clock said {@code nanos}, in terms of the calendar. */
    Instant at(long nanos) {
        return Instant.ofEpochMilli(connectedMillis).plusNanos(nanos - connectedNanos);
    }

    /** Counts bytes that came in; the one reading of the clock for each read. */
    public void received(int bytes) {
        bytesReceived += bytes;
        loop.add(LoopCounts.BYTES_RECEIVED, bytes);
        lastReceivedNanos = time.refresh();
    }

    /** Counts bytes that the socket took. */
    public void sent(int bytes) {
        bytesSent += bytes;
        loop.add(LoopCounts.BYTES_SENT, bytes);
        lastSentNanos = time.refresh();
    }

    /** Counts one message or request that came in whole. */
    public void messageReceived() {
        messagesReceived++;
        loop.add(LoopCounts.MESSAGES_RECEIVED, 1);
    }

    /** Counts messages or responses on their way out. */
    public void messagesSent(int more) {
        messagesSent += more;
        loop.add(LoopCounts.MESSAGES_SENT, more);
    }

    /** Counts one event on its way to the application. */
    public void dispatched() {
        loop.add(LoopCounts.DISPATCHED, 1);
    }

    /** Counts how the connection ended. */
    void closed(CloseEvent event) {
        loop.closed(event);
    }
}
