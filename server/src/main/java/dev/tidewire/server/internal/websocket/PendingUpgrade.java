package dev.tidewire.server.internal.websocket;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.protocol.Handshake;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.Upgrade;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.http.HttpConversation;
import dev.tidewire.server.internal.http.HttpHead;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** A handshake that is in order and not yet answered. */
final class PendingUpgrade implements Upgrade {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");
    /** What the handshake itself says. */
    private static final Set<String> OURS = Set.of(
            "upgrade",
            "connection",
            "sec-websocket-accept",
            "sec-websocket-protocol",
            "sec-websocket-extensions",
            "content-length",
            "transfer-encoding");

    private final Connection connection;
    private final HttpConversation http;
    private final Endpoint endpoint;
    private final HttpRequest request;
    private final Handshake.Accepted offer;
    private final HttpHead head;
    private final HttpHeaders headers = new DefaultHttpHeaders();
    private final AtomicReference<Decision> decision = new AtomicReference<>(Decision.OPEN);

    private enum Decision {
        OPEN,
        MADE,
        TOO_LATE
    }

    PendingUpgrade(
            Connection connection,
            HttpConversation http,
            Endpoint endpoint,
            HttpRequest request,
            Handshake.Accepted offer,
            HttpHead head) {
        this.connection = connection;
        this.http = http;
        this.endpoint = endpoint;
        this.request = request;
        this.offer = offer;
        this.head = head;
    }

    /** Asks the application, or accepts when it leaves that to the server. Called on the loop. */
    void begin() {
        if (!endpoint.events().decidesHandshakes()) {
            switchProtocols(defaultSubprotocol());
            return;
        }
        http.expectAnswer(endpoint.handshakeTimeout(), this::timedOut);
        connection.deliver(0, () -> {
            if (!endpoint.events().handshake(connection, request, this)) tryToDecide(rejection(500, ""));
        });
    }

    @Override
    public List<String> subprotocols() {
        return Handshake.offeredSubprotocols(head);
    }

    @Override
    public Upgrade header(String name, String value) {
        if (decision.get() == Decision.MADE) throw alreadyDecided();
        if (OURS.contains(name.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException("header " + name + " is the handshake's own");
        }
        headers.add(name, value);
        return this;
    }

    @Override
    public boolean accept() {
        return decide(() -> switchProtocols(defaultSubprotocol()));
    }

    @Override
    public boolean accept(String subprotocol) {
        if (!subprotocols().contains(subprotocol)) {
            throw new IllegalArgumentException("the client did not offer the subprotocol " + subprotocol);
        }
        return decide(() -> switchProtocols(Optional.of(subprotocol)));
    }

    @Override
    public boolean reject(int status, String body) {
        if (status < 300 || status > 599) {
            throw new IllegalArgumentException("status must be between 300 and 599, was " + status);
        }
        return decide(rejection(status, body));
    }

    private Runnable rejection(int status, String body) {
        return () -> {
            connection.counters().count("refused.application");
            http.refuse(status, body, headers);
        };
    }

    private boolean decide(Runnable answer) {
        if (tryToDecide(answer)) return connection.isOpen();
        if (decision.get() == Decision.MADE) throw alreadyDecided();
        return false;
    }

    /** False when it is decided already. */
    private boolean tryToDecide(Runnable answer) {
        if (!decision.compareAndSet(Decision.OPEN, Decision.MADE)) return false;
        // Not inside the handler that decides: what follows may be events of their own.
        connection.later(() -> {
            http.stopResponseClock();
            if (connection.isOpen()) answer.run();
        });
        return true;
    }

    private void timedOut() {
        if (!decision.compareAndSet(Decision.OPEN, Decision.TOO_LATE)) return;
        connection.counters().count("refused.undecided");
        LOG.log(DEBUG, () -> "fd=" + connection.fd() + " event=handshake_undecided status=503");
        connection.counters().count("limit.handshakeTimeout");
        http.refuse(503, "the handshake was not decided in time\n", new DefaultHttpHeaders());
    }

    /** What the server prefers; a client that only brought its token this way hears the word for it, for browsers insist on an answer. */
    private Optional<String> defaultSubprotocol() {
        if (offer.subprotocol().isPresent()) return offer.subprotocol();
        return subprotocols().contains("bearer") ? Optional.of("bearer") : Optional.empty();
    }

    private void switchProtocols(Optional<String> subprotocol) {
        Optional<DeflateAgreement> agreement = endpoint.compression().answer(offer.offers());
        subprotocol.ifPresent(chosen -> headers.set("Sec-WebSocket-Protocol", chosen));
        agreement.ifPresent(agreed -> headers.set("Sec-WebSocket-Extensions", agreed.header()));
        var next = new WebSocketConversation(connection, endpoint, agreement.orElse(null));
        connection.throttle(endpoint.rates());
        endpoint.life().ifPresent(connection::limitLife);
        http.handOver(next, () -> next.begin(offer.acceptKey(), headers, request), next::read);
    }

    private static IllegalStateException alreadyDecided() {
        return new IllegalStateException("the handshake was decided before");
    }
}
