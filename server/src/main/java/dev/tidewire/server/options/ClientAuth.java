package dev.tidewire.server.options;

/** Whether clients show a certificate in the TLS handshake. */
public enum ClientAuth {
    /** They are not asked for one. */
    OFF,
    /** They are asked; one that has none is let in, one whose certificate is not trusted is not. */
    OPTIONAL,
    /** One without a trusted certificate does not get in. */
    REQUIRED
}
