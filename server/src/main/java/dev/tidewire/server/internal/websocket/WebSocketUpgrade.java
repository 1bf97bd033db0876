package dev.tidewire.server.internal.websocket;

import static java.lang.System.Logger.Level.DEBUG;

import dev.tidewire.protocol.FrameRules;
import dev.tidewire.protocol.Handshake;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.http.HttpConversation;
import dev.tidewire.server.internal.http.HttpHead;
import dev.tidewire.server.internal.http.Upgrade;
import dev.tidewire.server.options.ServerOptions;

/** The opening handshake (RFC 6455 §4.2): from an HTTP connection to a WebSocket connection, or to a refusal. Shared by all connections. */
public final class WebSocketUpgrade implements Upgrade {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    private final ServerOptions options;
    private final WebSocketEvents events;
    private final FrameRules rules;

    /** An upgrade whose connections keep to {@code options} and tell {@code events}. */
    public WebSocketUpgrade(ServerOptions options, WebSocketEvents events) {
        this.options = options;
        this.events = events;
        var limits =
                new MessageReader.Limits(options.maxFrameBytes(), options.maxMessageBytes(), options.maxFragments());
        rules = new FrameRules(true, false, limits);
    }

    @Override
    public boolean isAskedBy(HttpHead head) {
        return Handshake.isUpgrade(head);
    }

    @Override
    public void answer(Connection connection, HttpConversation conversation, HttpRequest request, HttpHead head) {
        switch (Handshake.check(head, options.subprotocols())) {
            case Handshake.Accepted accepted -> {
                var next = new WebSocketConversation(connection, rules, options.closeTimeout(), events);
                conversation.handOver(next, () -> next.begin(accepted, request));
            }
            case Handshake.Refused(int status, String reason, var headers) -> {
                LOG.log(
                        DEBUG,
                        () -> "fd=" + connection.fd() + " event=handshake_refused status=" + status + " reason=\""
                                + reason + '"');
                conversation.refuse(status, reason, headers);
            }
        }
    }
}
