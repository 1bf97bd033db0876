package dev.tidewire.server.internal.engine;

import dev.tidewire.server.options.OverRate;
import dev.tidewire.server.options.ServerOptions;

/**
 * What one connection may send in a second.
 *
 * @param messagesPerSecond messages or requests, control frames among them; 0: no limit
 * @param bytesPerSecond bytes as they come from the socket or out of TLS; 0: no limit
 * @param over what happens to a peer that sends more
 */
public record RateLimits(int messagesPerSecond, int bytesPerSecond, OverRate over) {
    /** Those that a server's options have for all its connections. */
    public static RateLimits of(ServerOptions options) {
        return new RateLimits(options.maxMessagesPerSecond(), options.maxBytesPerSecond(), options.overRate());
    }

    boolean areNone() {
        return messagesPerSecond == 0 && bytesPerSecond == 0;
    }
}
