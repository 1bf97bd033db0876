package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.Handshake;
import dev.tidewire.server.internal.engine.Outbound;
import java.nio.charset.StandardCharsets;

/** The response that ends HTTP on a connection and begins WebSocket (RFC 6455 §4.2.2). */
final class SwitchingProtocols {
    private static final String HEAD = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept:\s""";

    private SwitchingProtocols() {}

    static void write(Outbound out, Handshake.Accepted accepted) {
        String response = HEAD
                + accepted.acceptKey()
                + accepted.subprotocol()
                        .map(chosen -> "\r\nSec-WebSocket-Protocol: " + chosen)
                        .orElse("")
                + "\r\n\r\n";
        byte[] bytes = response.getBytes(StandardCharsets.US_ASCII);
        out.reserveAnyway(bytes.length);
        out.room(bytes.length).writeBytes(bytes);
    }
}
