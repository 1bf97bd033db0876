package dev.tidewire.protocol;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a server answers to a client that wants to speak WebSocket (RFC 6455 §4.2). */
public sealed interface Handshake {
    /** The only version there is (RFC 6455 §4.1). */
    String VERSION = "13";

    /**
     * The answer is 101 Switching Protocols.
     *
     * @param acceptKey value of {@code Sec-WebSocket-Accept}
     * @param subprotocol value of {@code Sec-WebSocket-Protocol}, a header to leave out when empty
     * @param offers the extensions that the client would like, best first; none is accepted yet
     */
    record Accepted(String acceptKey, Optional<String> subprotocol, List<ExtensionOffer> offers) implements Handshake {
        /** Copies the offers. */
        public Accepted {
            offers = List.copyOf(offers);
        }
    }

    /**
     * The answer is an error, and the connection goes on as HTTP.
     *
     * @param status 400 or 426
     * @param reason one sentence for the body: what is wrong, and by which section
     * @param headers to send along with it
     */
    record Refused(int status, String reason, Map<String, String> headers) implements Handshake {
        /** Copies the headers. */
        public Refused {
            headers = Map.copyOf(headers);
        }
    }

    /**
     * True when a request is an attempt at this handshake, sound or not; any other upgrade, such as {@code h2c}, is a
     * plain request with an offer that a server may ignore (RFC 9110 §7.8).
     */
    static boolean isUpgrade(HandshakeRequest request) {
        return HeaderTokens.contains(request.headers("Upgrade"), "websocket")
                || !request.headers("Sec-WebSocket-Key").isEmpty()
                || !request.headers("Sec-WebSocket-Version").isEmpty();
    }

    /** True for a host and perhaps a port, as the header {@code Host} has them (RFC 9110 §7.2); an empty one is none. */
    static boolean isHost(String text) {
        return HandshakeCheck.isHost(text);
    }

    /**
     * Checks names that a server is to speak; clients cannot offer others (RFC 6455 §4.1).
     *
     * @throws IllegalArgumentException for one that is not a token, or there twice
     */
    static void requireSubprotocols(List<String> names) {
        for (String name : names) {
            if (!HeaderTokens.isToken(name) || names.indexOf(name) != names.lastIndexOf(name)) {
                throw new IllegalArgumentException(
                        "subprotocols must be different tokens (RFC 6455 §4.1), one was \"" + name + '"');
            }
        }
    }

    /** The subprotocols that a client offers, best first, in the form that {@link #check} requires: a list of tokens. */
    static List<String> offeredSubprotocols(HandshakeRequest request) {
        return List.copyOf(HeaderTokens.elements(request.headers("Sec-WebSocket-Protocol")));
    }

    /**
     * Checks a request for everything that RFC 6455 §4.2.1 asks of it.
     *
     * @param supportedSubprotocols the server's, best first; the first that the client offers is chosen, and none when it
     *     offers no such one
     */
    static Handshake check(HandshakeRequest request, List<String> supportedSubprotocols) {
        return HandshakeCheck.check(request, supportedSubprotocols);
    }
}
