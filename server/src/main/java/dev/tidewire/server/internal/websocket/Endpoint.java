package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.FrameRules;
import dev.tidewire.protocol.MessageReader;
import dev.tidewire.server.internal.engine.LifeLimits;
import dev.tidewire.server.internal.engine.RateLimits;
import dev.tidewire.server.internal.topics.Topics;
import dev.tidewire.server.options.OriginPolicy;
import dev.tidewire.server.options.SlowConsumer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What handshakes on a path lead to; shared by all its connections.
 *
 * @param events whom its connections tell
 * @param limits what its peers must keep to
 * @param rates how much its peers may send in a second
 * @param life how long its connections may be silent, and last; when empty, as its listener has it
 * @param topics what its connections may subscribe to
 * @param compression what it compresses with if a peer offers to
 * @param subprotocols what it speaks, the preferred one first
 * @param origins from which pages browsers may connect
 * @param handshakeTimeout time the application has to decide about a handshake
 * @param closeTimeout time a closing handshake may take
 * @param slowConsumer what becomes of messages that a peer does not make room for
 * @param shutdownCode what its connections are closed with when the server ends
 */
public record Endpoint(
        WebSocketEvents events,
        MessageReader.Limits limits,
        RateLimits rates,
        Optional<LifeLimits> life,
        Topics<SharedMessage> topics,
        Compression compression,
        List<String> subprotocols,
        OriginPolicy origins,
        Duration handshakeTimeout,
        Duration closeTimeout,
        SlowConsumer slowConsumer,
        int shutdownCode) {
    private static final boolean FROM_CLIENT = true;

    /** What peers must keep to that agreed on compression, or did not. */
    FrameRules rules(boolean deflate) {
        return new FrameRules(FROM_CLIENT, deflate, limits);
    }
}
