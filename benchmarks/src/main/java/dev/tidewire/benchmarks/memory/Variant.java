package dev.tidewire.benchmarks.memory;

import dev.tidewire.protocol.deflate.DeflatePolicy;

/** A kind of connection to be compared with the others. */
enum Variant {
    /** No compression. */
    PLAIN(""),

    /** Compressed message by message. */
    NO_TAKEOVER("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),

    /** Compressed with contexts that remember earlier messages, as small as they get. */
    SMALL_TAKEOVER("permessage-deflate; server_max_window_bits=9; client_max_window_bits=9"),

    /** Compressed with contexts as most servers have them. */
    TAKEOVER("permessage-deflate");

    private final String offer;

    Variant(String offer) {
        this.offer = offer;
    }

    /** What the client offers (RFC 7692 §7); empty for nothing. */
    String offer() {
        return offer;
    }

    /** What the server wants. */
    DeflatePolicy policy() {
        return switch (this) {
            case PLAIN -> DeflatePolicy.OFF;
            case NO_TAKEOVER -> new DeflatePolicy(true, true, 15, true, 15, 6, 8, 0);
            case SMALL_TAKEOVER -> new DeflatePolicy(true, false, 9, false, 9, 6, 1, 0);
            case TAKEOVER -> new DeflatePolicy(true, false, 15, false, 15, 6, 8, 0);
        };
    }
}
