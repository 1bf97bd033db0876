package dev.tidewire.server.internal.tls;

import static java.util.concurrent.TimeUnit.SECONDS;

/** How many records without data a peer has sent of late. Threads: one at a time. */
final class EmptyRecords {
    /** So many may come at once, and one more each second. */
    private static final int MOST = 32;
    /** Twice what one change of keys takes in TLS 1.3; many may come in one record (RFC 8446 §5.1). */
    private static final int HANDSHAKE_BYTES = 64;

    private static final long FORGIVEN_AFTER = SECONDS.toNanos(1);

    private int owed;
    /** When the latest was forgiven, or the first came. */
    private long since;

    /**
     * True when one more may come.
     *
     * @param handshakeBytes of a record with handshake messages, how long it is; else 0
     */
    boolean allows(int handshakeBytes, long now) {
        long forgiven = owed == 0 ? 0 : Math.min(owed, (now - since) / FORGIVEN_AFTER);
        owed -= (int) forgiven;
        since = owed == 0 ? now : since + forgiven * FORGIVEN_AFTER;
        owed += 1 + handshakeBytes / HANDSHAKE_BYTES;
        return owed <= MOST;
    }
}
