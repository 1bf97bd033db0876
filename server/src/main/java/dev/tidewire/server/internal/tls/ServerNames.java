package dev.tidewire.server.internal.tls;

import io.netty.handler.ssl.SslContext;
import io.netty.util.Mapping;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which certificate answers a client, by the server name that it asks for (RFC 6066 §3). Immutable. */
final class ServerNames implements Mapping<String, SslContext> {
    private static final String WILDCARD = "*.";

    private final SslContext byDefault;
    private final Map<String, SslContext> exact = new HashMap<>();
    /** By what follows the wildcard. */
    private final Map<String, SslContext> wildcards = new HashMap<>();

    /** @param certificates at least one; the first is the default, and earlier ones win a name that several have */
    ServerNames(List<Named> certificates) {
        byDefault = certificates.getFirst().context();
        for (Named certificate : certificates) {
            certificate.names().forEach(name -> add(normal(name), certificate.context()));
        }
    }

    /**
     * A certificate ready for use, and the DNS names it is for.
     *
     * @param names in any case; a wildcard stands for exactly one label, the first (RFC 9525 §6.3)
     */
    record Named(List<String> names, SslContext context) {}

    /** The certificate for {@code name}; for null, when the client named no server, the default. */
    @Override
    public SslContext map(@Nullable String name) {
        if (name == null) return byDefault;
        String wanted = normal(name);
        SslContext named = exact.get(wanted);
        if (named != null) return named;
        int firstDot = wanted.indexOf('.');
        return firstDot < 1 ? byDefault : wildcards.getOrDefault(wanted.substring(firstDot + 1), byDefault);
    }

    private void add(String name, SslContext context) {
        if (name.startsWith(WILDCARD)) {
            wildcards.putIfAbsent(name.substring(WILDCARD.length()), context);
        } else {
            exact.putIfAbsent(name, context);
        }
    }

    private static String normal(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }
}
