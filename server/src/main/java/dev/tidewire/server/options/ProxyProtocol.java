package dev.tidewire.server.options;

/** Which connections begin with a header of HAProxy's PROXY protocol. */
public enum ProxyProtocol {
    /** None. */
    OFF,
    /** All: who is not among {@code trustedProxies} is refused. */
    REQUIRED,
    /** Those that come from {@code trustedProxies}; others are clients themselves, whatever they begin with. */
    FROM_TRUSTED
}
