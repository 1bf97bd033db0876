package dev.tidewire.benchmarks.peers.common;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * What the benchmark tells a peer: its port, then {@code deflate}, or {@code tls} with a certificate, its key and both in one
 * PKCS #12 file.
 */
public record Arguments(int port, boolean deflate, Optional<Path> keyStore) {
    /** All listen here only. */
    public static final String HOST = "127.0.0.1";

    /** The largest message, for all alike. */
    public static final int MAX_MESSAGE_BYTES = 64 << 20;

    public static final String PASSWORD = "benchmark";

    /** Where each message goes to everyone there. */
    public static final String BROADCAST = "/broadcast";

    /** Where nothing comes back. */
    public static final String SINK = "/sink";

    public static Arguments parse(String... arguments) {
        List<String> list = List.of(arguments);
        boolean tls = list.contains("tls");
        return new Arguments(
                Integer.parseInt(list.getFirst()),
                list.contains("deflate"),
                tls ? Optional.of(Path.of(list.getLast())) : Optional.empty());
    }

    /** For servers that take one; empty without TLS. */
    public Optional<SSLContext> sslContext() {
        return keyStore.map(Arguments::sslContext);
    }

    private static SSLContext sslContext(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException("no key in " + file, e);
        }
    }
}
