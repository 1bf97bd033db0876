package dev.tidewire.server.options;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a server does TLS: versions 1.3 and 1.2, with forward-secret, authenticated ciphers only. Immutable.
 *
 * <p>The files are read when the server starts, and again when they change or {@code reloadCertificates()} is called.
 */
public final class TlsOptions {
    private final List<TlsCertificate> certificates;
    private final ClientAuth clientAuth;
    private final Optional<Path> trustedClients;
    private final TlsProvider provider;
    private final Duration reloadInterval;

    private TlsOptions(Builder builder) {
        certificates = List.copyOf(builder.certificates);
        clientAuth = builder.clientAuth;
        trustedClients = builder.trustedClients;
        provider = builder.provider;
        reloadInterval = builder.reloadInterval;
        if (certificates.isEmpty()) throw new IllegalArgumentException("TLS needs a certificate, none was given");
        if (clientAuth != ClientAuth.OFF && trustedClients.isEmpty()) {
            throw new IllegalArgumentException("clientAuth " + clientAuth + " needs trustedClients, none was given");
        }
        if (clientAuth == ClientAuth.OFF && trustedClients.isPresent()) {
            throw new IllegalArgumentException(
                    "trustedClients needs clientAuth: without it nobody is asked for a certificate");
        }
    }

    /** A builder without a certificate and with every other value at its default. */
    public static Builder builder() {
        return new Builder();
    }

    /** The defaults with one certificate from PEM files; see {@link Builder#certificate(Path, Path)}. */
    public static TlsOptions of(Path chain, Path key) {
        return builder().certificate(chain, key).build();
    }

    /** The certificates, at least one, the default one first. */
    public List<TlsCertificate> certificates() {
        return certificates;
    }

    /** {@link Builder#clientAuth}. */
    public ClientAuth clientAuth() {
        return clientAuth;
    }

    /** {@link Builder#trustedClients}. */
    public Optional<Path> trustedClients() {
        return trustedClients;
    }

    /** {@link Builder#provider}. */
    public TlsProvider provider() {
        return provider;
    }

    /** {@link Builder#reloadInterval}. */
    public Duration reloadInterval() {
        return reloadInterval;
    }

    /** Every file that is read. */
    public List<Path> files() {
        List<Path> files = new ArrayList<>();
        certificates.forEach(certificate -> files.addAll(certificate.files()));
        trustedClients.ifPresent(files::add);
        return List.copyOf(files);
    }

    /**
     * Collects options; each value is checked when it is set. Not for use by several threads at once.
     *
     * <p>Of several certificates, the client's server name (SNI, RFC 6066 §3) chooses: first by the DNS names that the
     * certificates themselves carry, then by their wildcards, of which {@code *.example.org} stands for exactly one label.
     * The certificate that was added first wins a name that several carry, and answers clients that name no server or
     * an unknown one.
     */
    public static final class Builder {
        private static final Duration LONGEST = Duration.ofDays(365);

        private final List<TlsCertificate> certificates = new ArrayList<>();
        private ClientAuth clientAuth = ClientAuth.OFF;
        private Optional<Path> trustedClients = Optional.empty();
        private TlsProvider provider = TlsProvider.AUTO;
        private Duration reloadInterval = Duration.ofMinutes(1);

        private Builder() {}

        /**
         * Adds a certificate from PEM files.
         *
         * @param chain the server's certificate, then those that lead to an authority clients know
         * @param key its private key, not encrypted
         */
        public Builder certificate(Path chain, Path key) {
            return add(new TlsCertificate.Pem(chain, key, ""));
        }

        /** Adds a certificate from PEM files whose key is encrypted (PKCS#8). */
        public Builder certificate(Path chain, Path key, String keyPassword) {
            return add(new TlsCertificate.Pem(chain, key, keyPassword));
        }

        /** Adds the certificate of the only key in a key store, PKCS#12 or JKS. */
        public Builder keyStore(Path file, String password) {
            return add(new TlsCertificate.Store(file, password, ""));
        }

        /** Adds the certificate of one entry of a key store, PKCS#12 or JKS. */
        public Builder keyStore(Path file, String password, String alias) {
            return add(new TlsCertificate.Store(file, password, alias));
        }

        /** Whether clients show a certificate, which needs {@link #trustedClients}. Default {@link ClientAuth#OFF}. */
        public Builder clientAuth(ClientAuth clientAuth) {
            this.clientAuth = Objects.requireNonNull(clientAuth, "clientAuth");
            return this;
        }

        /** The authorities, in a PEM file, that clients' certificates must lead to, which needs {@link #clientAuth}. Default: none. */
        public Builder trustedClients(Path authorities) {
            this.trustedClients = Optional.of(authorities);
            return this;
        }

        /** The code that does TLS. Default {@link TlsProvider#AUTO}. */
        public Builder provider(TlsProvider provider) {
            this.provider = Objects.requireNonNull(provider, "provider");
            return this;
        }

        /**
         * How often the files are looked at. When the time or size of one has changed, new connections get what they hold
         * now and open ones go on; files that cannot be used are one line in the log, and the certificates from before stay.
         * Such files are read each time, changed or not. Zero: never, though certificates that run out are told of all the same; at most 365
         * days. Default 1 min.
         */
        public Builder reloadInterval(Duration reloadInterval) {
            if (reloadInterval.isNegative() || reloadInterval.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException("reloadInterval must be 0 to 365 days, was " + reloadInterval);
            }
            this.reloadInterval = reloadInterval;
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalArgumentException without a certificate, or when clients are asked for one that none could trust
         */
        public TlsOptions build() {
            return new TlsOptions(this);
        }

        private Builder add(TlsCertificate certificate) {
            certificates.add(certificate);
            return this;
        }
    }
}
