package dev.tidewire.server.options;

/** The HTTP header in which proxies say who their client is. */
public enum ForwardedHeader {
    /** None is believed. */
    NONE,
    /** {@code X-Forwarded-For: client, proxy}. */
    X_FORWARDED_FOR,
    /** {@code Forwarded: for=client, for=proxy} (RFC 7239). */
    FORWARDED
}
