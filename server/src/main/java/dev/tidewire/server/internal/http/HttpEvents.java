package dev.tidewire.server.internal.http;

import dev.tidewire.server.connection.CloseEvent;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.internal.engine.Connection;

/** What happens on a connection that speaks HTTP. */
public interface HttpEvents {
    /** The connection was accepted. Called on its loop, before anything else. */
    void connected(Connection connection);

    /**
     * A whole request came in, to be answered once through {@code response}, now or later. Called in the lane.
     *
     * @return false when the handler failed, so that nobody will answer unless it has been done
     */
    boolean request(Connection connection, HttpRequest request, HttpResponse response);

    /** The connection is gone and never spoke anything but HTTP. Called in the lane, last. */
    void disconnected(Connection connection, CloseEvent event);
}
