package dev.tidewire.server.internal.engine;

import dev.tidewire.server.options.ServerOptions;

/**
 * How much may wait to be sent on a connection; shared by all of a server's.
 *
 * @param maxQueuedBytes   most that may wait
 * @param highQueuedBytes  from so much on the peer does not keep up
 * @param lowQueuedBytes   down at so much it does again
 */
record SendLimits(int maxQueuedBytes, int highQueuedBytes, int lowQueuedBytes) {
    /** With what is never refused, such as pongs, a queue stays within an int. */
    private static final int MOST_BYTES = Integer.MAX_VALUE - (1 << 20);

    static SendLimits of(ServerOptions options) {
        int maxQueuedBytes = Math.min(options.maxQueuedBytes(), MOST_BYTES);
        return new SendLimits(maxQueuedBytes, options.highQueuedBytes(), options.lowQueuedBytes());
    }

    /**
     * What whole messages may fill while they wait for the end of an unfinished one, and what its fragments leave to them where they can
     * wait for room: the fragments must always get through, or nothing would.
     */
    int halfBytes() {
        return maxQueuedBytes / 2;
    }
}
