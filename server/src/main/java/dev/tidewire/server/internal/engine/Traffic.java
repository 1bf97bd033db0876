package dev.tidewire.server.internal.engine;

/**
 * What went over one connection.
 *
 * <p>Threads: the connection's loop counts; any thread may read, and may see a count a moment late. The fields are plain
 * because the loop adds to them for every message.
 */
public final class Traffic {
    final long connectedMillis = System.currentTimeMillis();
    long lastReceivedMillis = connectedMillis;
    long lastSentMillis = connectedMillis;
    long bytesReceived;
    long bytesSent;
    long messagesReceived;
    long messagesSent;

    /** Milliseconds since the connection was accepted. */
    long ageMillis() {
        return Math.max(0, System.currentTimeMillis() - connectedMillis);
    }

    /** Counts bytes that came in. */
    public void received(int bytes) {
        bytesReceived += bytes;
        lastReceivedMillis = System.currentTimeMillis();
    }

    /** Counts bytes that the socket took. */
    public void sent(int bytes) {
        bytesSent += bytes;
        lastSentMillis = System.currentTimeMillis();
    }

    /** Counts one message or request that came in whole. */
    public void messageReceived() {
        messagesReceived++;
    }

    /** Counts one message or response on its way out. */
    public void messageSent() {
        messagesSent++;
    }
}
