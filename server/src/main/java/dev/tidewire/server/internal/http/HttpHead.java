package dev.tidewire.server.internal.http;

import dev.tidewire.protocol.HandshakeRequest;
import io.netty.handler.codec.http.HttpRequest;
import java.util.List;

/** A request's head as the handshake looks at it, without copying it. */
public final class HttpHead implements HandshakeRequest {
    private final HttpRequest request;

    HttpHead(HttpRequest request) {
        this.request = request;
    }

    @Override
    public String method() {
        return request.method().name();
    }

    @Override
    public String version() {
        return request.protocolVersion().text();
    }

    @Override
    public String target() {
        return request.uri();
    }

    @Override
    public List<String> headers(String name) {
        return request.headers().getAll(name);
    }
}
