package dev.tidewire.server.http;

import java.util.List;
import java.util.Map;

/**
 * A client's wish to speak WebSocket, whose request was found to be in order; to be accepted or rejected once, by the handler or
 * later by any thread. A wish that nobody decides within {@code handshakeTimeout} is answered 503.
 *
 * <p>Threads: any, one at a time.
 */
public interface Upgrade {
    /** The subprotocols that the client offers, its preferred one first (RFC 6455 §1.9). */
    List<String> subprotocols();

    /**
     * Adds a header to the response, whichever it will be; {@code Set-Cookie} may be added more than once.
     *
     * @throws IllegalArgumentException for a name or value that may not stand in a header (RFC 9110 §5), and for the headers of
     *     the handshake itself
     * @throws IllegalStateException once decided
     */
    Upgrade header(String name, String value);

    /**
     * Accepts, with the first of the server's {@code subprotocols} that the client offers, if any; else with {@code bearer} where the
     * client offers that, as it does to bring a token ({@link HttpRequest#bearerToken}). OPEN follows.
     *
     * @return false when it comes too late: the connection is gone or time was up. A client that has left and of which that is not known yet
     *     is accepted, and CLOSE follows OPEN
     * @throws IllegalStateException when it was decided before
     */
    boolean accept();

    /**
     * Accepts with this subprotocol.
     *
     * @return as {@link #accept()}
     * @throws IllegalArgumentException when the client did not offer it
     * @throws IllegalStateException when it was decided before
     */
    boolean accept(String subprotocol);

    /** Accepts with this subprotocol and these headers; see {@link #accept(String)} and {@link #header}. */
    default boolean accept(String subprotocol, Map<String, String> headers) {
        headers.forEach(this::header);
        return accept(subprotocol);
    }

    /**
     * Rejects with a response that has this status and body, and closes the connection.
     *
     * @param status 300 to 599
     * @return as {@link #accept()}
     * @throws IllegalArgumentException for another status
     * @throws IllegalStateException when it was decided before
     */
    boolean reject(int status, String body);

    /** Rejects with an empty body; see {@link #reject(int, String)}. */
    default boolean reject(int status) {
        return reject(status, "");
    }

    /** Rejects with these headers; see {@link #reject(int, String)} and {@link #header}. */
    default boolean reject(int status, Map<String, String> headers, String body) {
        headers.forEach(this::header);
        return reject(status, body);
    }
}
