package dev.tidewire.server.internal.websocket;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.protocol.Handshake;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.http.HttpConversation;
import dev.tidewire.server.internal.http.HttpHead;
import dev.tidewire.server.internal.http.IncomingRequest;
import dev.tidewire.server.internal.http.ProtocolSwitch;
import java.util.Map;

/**
 * The opening handshake (RFC 6455 §4.2): from an HTTP connection to a WebSocket connection, or to a refusal. Path, then form, then
 * origin are checked; the application decides last. Shared by all connections.
 */
public final class WebSocketUpgrade implements ProtocolSwitch {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    private final Endpoints endpoints;

    /** An upgrade to these endpoints. */
    public WebSocketUpgrade(Endpoints endpoints) {
        this.endpoints = endpoints;
    }

    @Override
    public boolean isAskedBy(HttpHead head) {
        return Handshake.isUpgrade(head);
    }

    @Override
    public void answer(Connection connection, HttpConversation http, IncomingRequest request, HttpHead head) {
        Endpoint endpoint = endpoints.find(request);
        if (endpoint == null) {
            connection.counters().count("refused.path");
            refuse(connection, http, 404, "there is nothing at this path", Map.of());
            return;
        }
        Handshake checked = Handshake.check(head, endpoint.subprotocols());
        if (checked instanceof Handshake.Refused(int status, String reason, var headers)) {
            connection.counters().count(status == 426 ? "refused.version" : "refused.malformed");
            refuse(connection, http, status, reason, headers);
        } else if (!isAllowed(endpoint, request)) {
            connection.counters().count("refused.origin");
            refuse(connection, http, 403, "pages of this origin may not connect here", Map.of());
        } else {
            new PendingUpgrade(connection, http, endpoint, request, (Handshake.Accepted) checked, head).begin();
        }
    }

    private static boolean isAllowed(Endpoint endpoint, IncomingRequest request) {
        return endpoint.origins().allows(request.header("Origin"), request.host(), request.isSecure());
    }

    private static void refuse(
            Connection connection, HttpConversation http, int status, String reason, Map<String, String> headers) {
        LOG.log(
                DEBUG,
                () -> "fd=" + connection.fd() + " event=handshake_refused status=" + status + " reason=\"" + reason
                        + '"');
        http.refuse(status, reason, headers);
    }
}
