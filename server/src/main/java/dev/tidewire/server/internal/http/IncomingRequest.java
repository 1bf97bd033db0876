package dev.tidewire.server.internal.http;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.internal.engine.Connection;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
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
public final class IncomingRequest implements HttpRequest {
    private final Connection connection;
    private final SocketAddress client;
    private final String method;
    private final String target;
    private final String authority;
    private final String rawPath;
    private final String path;
    private final String query;
    private final Map<String, List<String>> queryParameters;
    private final HttpHeaders headers;
    private final byte[] body;
    private Map<String, String> pathParameters = Map.of();

    /**
     * Copies what it needs; the message stays the caller's.
     *
     * @param client whom it comes from, who need not be the connection's peer
     * @throws IllegalArgumentException when the target is none, or not percent-encoded as it should be
     */
    IncomingRequest(Connection connection, FullHttpRequest message, SocketAddress client) {
        this.connection = connection;
        this.client = client;
        method = message.method().name();
        target = message.uri();
        RequestTarget parts = RequestTarget.of(method, target);
        authority = parts.authority();
        // Browsers and proxies part parameters at & only.
        QueryStringDecoder decoder = QueryStringDecoder.builder()
                .semicolonIsNormalChar(true)
                .maxParams(Integer.MAX_VALUE) // as many as the head may hold
                .build(parts.resource());
        path = decoder.path();
        rawPath = decoder.rawPath();
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
    public Optional<String> pathParameter(String name) {
        return Optional.ofNullable(pathParameters.get(name));
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
    public Map<String, String> cookies() {
        Map<String, String> cookies = new LinkedHashMap<>();
        for (String line : headers.getAll(HttpHeaderNames.COOKIE)) {
            for (Cookie cookie : ServerCookieDecoder.LAX.decodeAll(line)) {
                cookies.putIfAbsent(cookie.name(), cookie.value());
            }
        }
        return Collections.unmodifiableMap(cookies);
    }

    @Override
    public Optional<String> bearerToken() {
        return BearerToken.find(headers.get(HttpHeaderNames.AUTHORIZATION), headers.getAll("Sec-WebSocket-Protocol"));
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
    public boolean isSecure() {
        return connection.isSecure();
    }

    @Override
    public SocketAddress remoteAddress() {
        return client;
    }

    /** Where it was sent to: the host that a target in absolute form names (RFC 9112 §3.2.2), or else the header's; empty without either. */
    public String host() {
        return authority.isEmpty() ? header("Host").orElse("") : authority;
    }

    /** The path as it was sent. */
    public String rawPath() {
        return rawPath;
    }

    /** Sets what a route's pattern found in the path, before the application sees this request. */
    public void routed(Map<String, String> parameters) {
        pathParameters = parameters;
    }
}
