package dev.tidewire.server.internal.http;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the bearer token among the headers of a request. */
final class BearerToken {
    private static final String SCHEME = "bearer";

    private BearerToken() {}

    static Optional<String> find(@Nullable String authorization, List<String> protocolLines) {
        if (authorization != null) {
            return authorization.regionMatches(true, 0, SCHEME + " ", 0, SCHEME.length() + 1)
                    ? Optional.of(authorization.substring(SCHEME.length() + 1).strip())
                            .filter(token -> !token.isEmpty())
                    : Optional.empty();
        }
        List<String> protocols = protocolLines.stream()
                .flatMap(line -> Stream.of(line.split(",")))
                .map(String::strip)
                .toList();
        int scheme = protocols.indexOf(SCHEME);
        if (scheme >= 0 && scheme + 1 < protocols.size()) return Optional.of(protocols.get(scheme + 1));
        return protocols.stream()
                .filter(protocol -> protocol.startsWith(SCHEME + "."))
                .findFirst()
                .flatMap(protocol -> decode(protocol.substring(SCHEME.length() + 1)));
    }

    private static Optional<String> decode(String base64url) {
        try {
            return Optional.of(new String(Base64.getUrlDecoder().decode(base64url), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }
}
