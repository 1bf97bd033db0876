package dev.tidewire.protocol;

import java.util.List;

/** An HTTP request as far as {@link Handshake} looks at it. */
public interface HandshakeRequest {
    /** As sent, such as {@code GET}. */
    String method();

    /** As sent, such as {@code HTTP/1.1}. */
    String version();

    /** Path and query, as sent. */
    String target();

    /**
     * The values of all lines of one header, in the order they came; empty when there are none.
     *
     * @param name in any case
     */
    List<String> headers(String name);
}
