package dev.tidewire.server.options;

/** The code that does TLS. */
public enum TlsProvider {
    /** {@link #OPENSSL} when it works here, else {@link #JDK}. */
    AUTO,
    /** The JDK's own. */
    JDK,
    /** BoringSSL or OpenSSL through {@code netty-tcnative}, which has to be on the class path. */
    OPENSSL
}
