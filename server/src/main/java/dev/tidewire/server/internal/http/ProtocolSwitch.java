package dev.tidewire.server.internal.http;

import dev.tidewire.server.internal.engine.Connection;

/** Another protocol that a request may ask to go on with. */
public interface ProtocolSwitch {
    /** True when this request asks for this protocol, rightly or wrongly; no byte behind it is HTTP then. */
    boolean isAskedBy(HttpHead head);

    /**
     * Answers such a request, now or later: takes the connection over through {@link HttpConversation#handOver}, or refuses
     * through {@link HttpConversation#refuse}. Called on the loop, when every request before it has been answered.
     */
    void answer(Connection connection, HttpConversation conversation, IncomingRequest request, HttpHead head);
}
