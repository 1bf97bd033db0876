package dev.tidewire.server;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;

/** Handles plain HTTP requests. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Called for each whole request. The response may also be ended later and from another thread.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}, and the connection is closed
     */
    void handle(HttpRequest request, HttpResponse response) throws Exception;
}
