package dev.tidewire.server.http;

import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A whole HTTP request, body included. Immutable, but for the array that {@link #bytes} lends; stays valid for as long as it is kept. */
public interface HttpRequest {
    /** The connection it came on. */
    long fd();

    /** The method in the case it was sent in, such as {@code GET}. */
    String method();

    /** The request target as it was sent, such as {@code /chat?room=1}. */
    String target();

    /** The path of the target, percent-decoded; starts with {@code /} or is {@code *}. */
    String path();

    /** The query of the target as it was sent, without {@code ?}; empty when there is none. */
    String query();

    /** The first value of a query parameter, decoded. */
    Optional<String> queryParameter(String name);

    /** Every query parameter with its values, decoded, in the order they were sent. */
    Map<String, List<String>> queryParameters();

    /** What the route's pattern found for {@code {name}} in the path, decoded; empty when the pattern has no such parameter. */
    Optional<String> pathParameter(String name);

    /** The first value of a header; names have no case. */
    Optional<String> header(String name);

    /** Every header with its values in the order they were sent; names in lower case. */
    Map<String, List<String>> headers();

    /** The cookies by name; of several with one name the first. */
    Map<String, String> cookies();

    /** The value of a cookie. */
    default Optional<String> cookie(String name) {
        return Optional.ofNullable(cookies().get(name));
    }

    /**
     * The bearer token: from {@code Authorization: Bearer …} (RFC 6750 §2.1) or, since browsers cannot set that header on a
     * WebSocket, from {@code Sec-WebSocket-Protocol} as {@code bearer, <token>} or {@code bearer.<token in base64url>}; with
     * the latter a client must offer a second protocol that the server can choose.
     */
    Optional<String> bearerToken();

    /** The body; empty when there is none. The array is not copied: whoever changes it changes it for all. */
    byte[] bytes();

    /** The body read as UTF-8, with the replacement character where it is not. */
    String text();

    /** True when it came inside TLS: its URI's scheme is {@code https} or {@code wss}. */
    boolean isSecure();

    /** The client's end: of the connection or, behind a proxy that is believed, what that says. A header may leave out the port, then 0. */
    SocketAddress remoteAddress();
}
