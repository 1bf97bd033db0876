package dev.tidewire.server.internal.tcp;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.internal.engine.Connection;

/** What happens on a connection whatever it speaks. */
public interface TcpEvents {
    /** The connection was accepted. Called on its loop, before anything else. */
    void connected(Connection connection);

    /** Bytes came in on a plain TCP connection: what a read brought or, with framing, a package. Called in its lane. */
    void received(Connection connection, byte[] data);

    /** True when the application wants to hear of {@link #drained}. */
    boolean hearsDrain();

    /** Much waited to be sent, and little is left of it. */
    void drained(Connection connection);

    /** The application's own framing threw. Called in the lane. */
    void framingFailed(Connection connection, Throwable cause);

    /** The connection is gone. Called in its lane, last. */
    void closed(Connection connection, CloseEvent event);
}
