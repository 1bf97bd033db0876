package dev.tidewire.server.internal.http;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.internal.engine.Connection;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A request as Netty read it. */
final class IncomingRequest implements HttpRequest {
    private final Connection connection;
    private final String method;
    private final String target;
    private final String path;
    private final String query;
    private final Map<String, List<String>> queryParameters;
    private final HttpHeaders headers;
    private final byte[] body;

    /**
     * Copies what it needs; the message stays the caller's.
     *
     * @throws IllegalArgumentException when the target is not percent-encoded as it should be
     */
    IncomingRequest(Connection connection, FullHttpRequest message) {
        QueryStringDecoder decoder = new QueryStringDecoder(message.uri());
        this.connection = connection;
        method = message.method().name();
        target = message.uri();
        path = pathOf(decoder);
        query = decoder.rawQuery();
        queryParameters = query.isEmpty() ? Map.of() : Collections.unmodifiableMap(decoder.parameters());
        headers = message.headers();
        body = ByteBufUtil.getBytes(message.content());
    }

    @Override
    public long fd() {
        return connection.fd();
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String target() {
        return target;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public Optional<String> queryParameter(String name) {
        List<String> values = queryParameters.get(name);
        return values == null ? Optional.empty() : Optional.of(values.getFirst());
    }

    @Override
    public Map<String, List<String>> queryParameters() {
        return queryParameters;
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    @Override
    public Map<String, List<String>> headers() {
        Map<String, List<String>> all = new LinkedHashMap<>();
        headers.forEach(
                header -> all.computeIfAbsent(header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                        .add(header.getValue()));
        all.replaceAll((name, values) -> List.copyOf(values));
        return Collections.unmodifiableMap(all);
    }

    @Override
    public byte[] bytes() {
        return body;
    }

    @Override
    public String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    @Override
    public SocketAddress remoteAddress() {
        return connection.remoteAddress();
    }

    /** The path, also of a target in absolute form (RFC 9112 §3.2.2). */
    private static String pathOf(QueryStringDecoder decoder) {
        String path = decoder.path();
        if (path.startsWith("/") || path.equals("*")) return path;
        int authority = path.indexOf("://");
        if (authority < 0) throw new IllegalArgumentException("the request target is neither a path nor a URI");
        int slash = path.indexOf('/', authority + 3);
        return slash < 0 ? "/" : path.substring(slash);
    }
}
