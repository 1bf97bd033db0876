package dev.tidewire.server.internal.jfr;

import jdk.jfr.FlightRecorder;

/**
 * The flight recorder, told of events once a recording was begun.
 *
 * <p>Before that no event's class is touched: the first use of the first one prepares the recorder, which takes 60 ms and more
 * (ADR-0029).
 */
public final class Recorder {
    private Recorder() {}

    /** True while somebody records {@link SlowHandler}. Without that, handlers are called without one. */
    public static boolean recordsHandlers() {
        return FlightRecorder.isInitialized() && SlowHandler.isRecorded();
    }

    /** An event loop was late; called by it. */
    public static void loopStalled(long lagNanos, String holder) {
        if (FlightRecorder.isInitialized()) LoopStall.record(lagNanos, holder);
    }

    /**
     * Something was done about a peer.
     *
     * @param counter {@code slow.<action>}
     */
    public static void peerIsSlow(long fd, String counter, long queuedBytes) {
        if (FlightRecorder.isInitialized()) SlowPeer.record(fd, counter, queuedBytes);
    }
}
