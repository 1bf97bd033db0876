package dev.tidewire.server.internal.http;

import dev.tidewire.server.internal.engine.Connection;
import dev.tidewire.server.internal.engine.Protocol;
import dev.tidewire.server.internal.limits.Refusal;

/**
 * A protocol that begins with HTTP, in which it refuses those for whom there is no room.
 *
 * @param conversations how it begins
 */
public record HttpProtocol(Protocol conversations) implements Protocol {
    @Override
    public void begin(Connection connection) {
        conversations.begin(connection);
    }

    @Override
    public byte[] refusal(Refusal why) {
        return why.httpResponse();
    }
}
