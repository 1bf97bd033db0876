package dev.tidewire.server.internal.tls;

import dev.tidewire.server.options.TlsCertificate;
import dev.tidewire.server.options.TlsConfigurationException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * A private key and the certificates that vouch for it, the server's own first.
 *
 * @param file where the certificates are from
 * @param key belongs to the first certificate
 */
record Credentials(Path file, PrivateKey key, List<X509Certificate> chain) {
    static final String RSASSA_PSS = "RSASSA-PSS";

    private static final Duration MOST_NOTICE = Duration.ofDays(14);

    /**
     * Reads the files of {@code source}.
     *
     * @throws TlsConfigurationException when they cannot be read, or the key does not belong to the certificate
     */
    static Credentials load(TlsCertificate source) {
        return switch (source) {
            case TlsCertificate.Pem pem -> load(pem);
            case TlsCertificate.Store store -> load(store);
        };
    }

    /** The DNS names that the server's certificate is for, in its own order (RFC 5280 §4.2.1.6). */
    List<String> names() {
        final int dnsName = 2;
        try {
            var alternatives = chain.getFirst().getSubjectAlternativeNames();
            if (alternatives == null) return List.of();
            return alternatives.stream()
                    .filter(entry -> entry.getFirst().equals(dnsName))
                    .map(entry -> (String) entry.get(1))
                    .toList();
        } catch (java.security.cert.CertificateParsingException e) {
            return List.of(); // it still can be the default, as a certificate without names can
        }
    }

    /** What those who run the server should know of its certificate's dates, as a line for the log; empty when all is well. */
    Optional<String> warning(Instant now) {
        Instant begins = chain.getFirst().getNotBefore().toInstant();
        Instant ends = chain.getFirst().getNotAfter().toInstant();
        if (now.isBefore(begins)) return Optional.of(line("not_yet_valid") + " not_before=" + begins);
        if (now.isAfter(ends)) return Optional.of(line("expired") + " not_after=" + ends);
        if (now.isBefore(ends.minus(notice(begins, ends)))) return Optional.empty();
        return Optional.of(line("expires_soon") + " not_after=" + ends);
    }

    private String line(String what) {
        String subject = chain.getFirst().getSubjectX500Principal().getName();
        return "event=certificate_" + what + " file=" + file + " subject=\"" + subject + '"';
    }

    /** Some certificates are not good for 14 days at all, and are renewed all the time. */
    private static Duration notice(Instant begins, Instant ends) {
        Duration quarter = Duration.between(begins, ends).dividedBy(4);
        return quarter.compareTo(MOST_NOTICE) < 0 ? quarter : MOST_NOTICE;
    }

    private static Credentials load(TlsCertificate.Pem pem) {
        Credentials credentials = new Credentials(
                pem.chain(),
                new PemFile("certificate", pem.key()).key(pem.keyPassword()),
                new PemFile("certificate", pem.chain()).certificates());
        if (!credentials.match()) {
            throw new TlsConfigurationException(
                    "certificate", pem.key(), "its key does not belong to the first certificate of " + pem.chain());
        }
        return credentials;
    }

    private static Credentials load(TlsCertificate.Store source) {
        byte[] bytes = PemFile.read("keyStore", source.file());
        char[] password = source.password().toCharArray();
        try {
            KeyStore store = open(bytes, password);
            String alias = source.alias().isEmpty() ? onlyKey(store, source.file()) : source.alias();
            Key key = store.getKey(alias, password);
            Certificate[] chain = store.getCertificateChain(alias);
            if (!(key instanceof PrivateKey privateKey) || chain == null) {
                throw new TlsConfigurationException(
                        "keyStore", source.file(), "it has no private key under the alias '" + alias + "'");
            }
            return new Credentials(
                    source.file(),
                    privateKey,
                    Arrays.stream(chain).map(X509Certificate.class::cast).toList());
        } catch (UnrecoverableKeyException e) {
            throw new TlsConfigurationException(
                    "keyStore", source.file(), "the store's password does not open its key", e);
        } catch (IOException e) {
            String reason = e.getCause() instanceof UnrecoverableKeyException
                    ? "the password does not open it"
                    : "it is not a key store, or the password does not open it";
            throw new TlsConfigurationException("keyStore", source.file(), reason, e);
        } catch (GeneralSecurityException e) {
            throw new TlsConfigurationException("keyStore", source.file(), "it cannot be read: " + e.getMessage(), e);
        }
    }

    /** The default type reads both PKCS#12 and JKS. */
    private static KeyStore open(byte[] bytes, char[] password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new ByteArrayInputStream(bytes), password);
        return store;
    }

    private static String onlyKey(KeyStore store, Path file) throws GeneralSecurityException {
        List<String> keys = new ArrayList<>();
        for (String alias : Collections.list(store.aliases())) {
            if (store.isKeyEntry(alias)) keys.add(alias);
        }
        if (keys.size() == 1) return keys.getFirst();
        String reason = keys.isEmpty() ? "it holds no key" : "it holds several keys, name an alias of " + keys;
        throw new TlsConfigurationException("keyStore", file, reason);
    }

    /** Signs something and checks it, which holds for every kind of key. */
    private boolean match() {
        PublicKey certified = chain.getFirst().getPublicKey();
        if (!certified.getAlgorithm().equals(key.getAlgorithm())) return false;
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] something = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            if (key.getAlgorithm().equals(RSASSA_PSS)) signature.setParameter(pss((RSAKey) key));
            signature.update(something);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(something);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** What the key is restricted to, or else what TLS 1.3 uses first (RFC 8446 §4.2.3). */
    private static AlgorithmParameterSpec pss(RSAKey key) {
        AlgorithmParameterSpec own = key.getParams();
        return own != null ? own : new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1);
    }
}
