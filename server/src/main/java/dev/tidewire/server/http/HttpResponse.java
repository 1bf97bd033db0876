package dev.tidewire.server.http;

import dev.tidewire.server.connection.SendResult;

/**
 * The answer to one HTTP request: status and headers first, then one of the {@code end} methods, once. It may be ended after
 * the handler returned.
 *
 * <p>Threads: any, one at a time.
 */
public interface HttpResponse {
    /**
     * Sets the status, 200 when never called.
     *
     * @param status 200 to 599
     * @throws IllegalArgumentException for any other status
     * @throws IllegalStateException once ended
     */
    HttpResponse status(int status);

    /**
     * Sets a header, in place of values set before. {@code Content-Length}, {@code Transfer-Encoding} and {@code
     * Connection} are the server's to say; the last names {@code Upgrade} when that is set. A server that speaks WebSocket sets it
     * with status 426 when the application has not.
     *
     * @throws IllegalArgumentException for a name or value that may not stand in a header (RFC 9110 §5), and for the three
     *     headers above
     * @throws IllegalStateException once ended
     */
    HttpResponse header(String name, String value);

    /**
     * Sends the response without a body.
     *
     * @throws IllegalStateException when it was ended before
     */
    SendResult end();

    /**
     * Sends the response with this body, as {@code text/plain; charset=utf-8} unless a {@code Content-Type} was set.
     *
     * @throws IllegalStateException when it was ended before
     */
    SendResult end(String body);

    /**
     * Sends the response with this body; the bytes are copied before this returns.
     *
     * @throws IllegalStateException when it was ended before
     */
    SendResult end(byte[] body);
}
