package dev.tidewire.server.internal.tls;

import dev.tidewire.server.options.TlsConfigurationException;
import dev.tidewire.server.options.TlsOptions;
import dev.tidewire.server.options.TlsProvider;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;

/** The certificates that the options name, made ready for handshakes. Immutable. */
final class Certificates {
    /** What a client without a quirk has in common with us: those of RFC 9325 §4.2 and its TLS 1.3 kin, no others. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    /** Kinds of keys with which BoringSSL fails every handshake. */
    private static final Set<String> ONLY_JDK = Set.of("EdDSA", Credentials.RSASSA_PSS);

    private final TlsOptions options;
    private final SslProvider provider;
    private final ApplicationProtocolConfig applicationProtocols;

    /** @throws IllegalStateException when the provider asked for does not work here */
    Certificates(TlsOptions options, List<String> applicationProtocols) {
        this.options = options;
        this.provider = provider(options.provider());
        // A client that offers none of ours goes on without: it may still be right about what is spoken here.
        this.applicationProtocols = applicationProtocols.isEmpty()
                ? ApplicationProtocolConfig.DISABLED
                : new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        applicationProtocols);
    }

    /** Whose TLS it is, but for keys that only the JDK's can use. */
    String provider() {
        return provider == SslProvider.JDK ? "jdk" : OpenSsl.versionString().replace(' ', '-');
    }

    /**
     * What the files said.
     *
     * @param credentials those that the names choose among
     */
    record Loaded(ServerNames names, List<Credentials> credentials) {}

    /**
     * Reads the files.
     *
     * @throws TlsConfigurationException when one cannot be used
     */
    Loaded load() {
        List<X509Certificate> authorities = options.trustedClients()
                .map(file -> new PemFile("trustedClients", file).certificates())
                .orElse(List.of());
        List<Credentials> all =
                options.certificates().stream().map(Credentials::load).toList();
        ServerNames names = new ServerNames(
                all.stream().map(each -> named(each, authorities)).toList());
        return new Loaded(names, all);
    }

    private ServerNames.Named named(Credentials credentials, List<X509Certificate> authorities) {
        try {
            return new ServerNames.Named(credentials.names(), context(credentials, authorities));
        } catch (SSLException | IllegalArgumentException e) {
            throw new TlsConfigurationException(
                    "certificate", credentials.file(), "TLS refuses it: " + e.getMessage(), e);
        }
    }

    private SslContext context(Credentials credentials, List<X509Certificate> authorities) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(
                        credentials.key(), credentials.chain().toArray(X509Certificate[]::new))
                .sslProvider(providerFor(credentials))
                .protocols("TLSv1.3", "TLSv1.2")
                .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                .applicationProtocolConfig(applicationProtocols)
                .clientAuth(
                        switch (options.clientAuth()) {
                            case OFF -> ClientAuth.NONE;
                            case OPTIONAL -> ClientAuth.OPTIONAL;
                            case REQUIRED -> ClientAuth.REQUIRE;
                        });
        if (!authorities.isEmpty()) builder.trustManager(authorities);
        return builder.build();
    }

    /** The JDK's for a key that BoringSSL has no use for, unless BoringSSL was insisted on. */
    private SslProvider providerFor(Credentials credentials) {
        String algorithm = credentials.key().getAlgorithm();
        if (provider == SslProvider.JDK || !ONLY_JDK.contains(algorithm)) return provider;
        if (options.provider() == TlsProvider.AUTO) return SslProvider.JDK;
        throw new IllegalArgumentException("BoringSSL cannot use a key of the kind " + algorithm
                + "; TlsProvider.AUTO takes the JDK's TLS for it");
    }

    private static SslProvider provider(TlsProvider wanted) {
        return switch (wanted) {
            case JDK -> SslProvider.JDK;
            case AUTO -> OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
            case OPENSSL -> {
                if (OpenSsl.isAvailable()) yield SslProvider.OPENSSL;
                Throwable cause = OpenSsl.unavailabilityCause();
                throw new IllegalStateException("TLS provider openssl does not work here: " + cause, cause);
            }
        };
    }
}
