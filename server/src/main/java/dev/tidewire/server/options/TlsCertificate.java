package dev.tidewire.server.options;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Where a certificate and its private key are. Immutable; what is printed of one shows no password. */
public sealed interface TlsCertificate {
    /** The files it is read from. */
    List<Path> files();

    /**
     * Two PEM files.
     *
     * @param chain       the server's certificate first, then those that lead to an authority clients know
     * @param key         the private key: PKCS#8, plain or encrypted, or plain in the older RSA and EC forms
     * @param keyPassword of an encrypted key; empty when it is not encrypted
     */
    record Pem(Path chain, Path key, String keyPassword) implements TlsCertificate {
        /** Refuses null. */
        public Pem {
            Objects.requireNonNull(chain, "chain");
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(keyPassword, "keyPassword");
        }

        @Override
        public List<Path> files() {
            return List.of(chain, key);
        }

        @Override
        public String toString() {
            return "Pem[chain=" + chain + ", key=" + key + "]";
        }
    }

    /**
     * An entry of a Java key store, PKCS#12 or JKS.
     *
     * @param file     the key store
     * @param password of the store and of the key in it
     * @param alias    the entry; empty for the only one that has a key
     */
    record Store(Path file, String password, String alias) implements TlsCertificate {
        /** Refuses null. */
        public Store {
            Objects.requireNonNull(file, "file");
            Objects.requireNonNull(password, "password");
            Objects.requireNonNull(alias, "alias");
        }

        @Override
        public List<Path> files() {
            return List.of(file);
        }

        @Override
        public String toString() {
            return "Store[file=" + file + ", alias=" + alias + "]";
        }
    }
}
