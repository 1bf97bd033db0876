package dev.tidewire.server.connection;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * What a TLS handshake agreed on.
 *
 * @param protocol            {@code TLSv1.3} or {@code TLSv1.2}
 * @param cipherSuite         its name in the IANA registry, such as {@code TLS_AES_128_GCM_SHA256}
 * @param serverName          the name that the client asked for (SNI, RFC 6066 §3), in lower case
 * @param applicationProtocol what ALPN (RFC 7301) chose
 * @param peerCertificates    the client's certificate first, then what leads to the trusted authority; empty when it showed
 *                            none
 */
public record TlsInfo(
        String protocol,
        String cipherSuite,
        Optional<String> serverName,
        Optional<String> applicationProtocol,
        List<X509Certificate> peerCertificates) {
    /** Copies the list. */
    public TlsInfo {
        peerCertificates = List.copyOf(peerCertificates);
    }
}
