package dev.tidewire.server.internal.websocket;

import dev.tidewire.server.internal.engine.Outbound;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

/** The response that ends HTTP on a connection and begins WebSocket (RFC 6455 §4.2.2). */
final class SwitchingProtocols {
    private static final String HEAD = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept:\s""";

    private SwitchingProtocols() {}

    static void write(Outbound out, String acceptKey, HttpHeaders headers) {
        StringBuilder response = new StringBuilder(256).append(HEAD).append(acceptKey);
        headers.forEach(header ->
                response.append("\r\n").append(header.getKey()).append(": ").append(header.getValue()));
        byte[] bytes = response.append("\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        out.reserveAnyway(bytes.length);
        out.room(bytes.length).writeBytes(bytes);
    }
}
