package dev.tidewire.server.internal.jfr;

import jdk.jfr.FlightRecorder;

/** Whether there is a flight recorder to tell of events. */
public final class Recorder {
    private Recorder() {}

    /**
     * True once a recording was begun. To be asked before an event's class is used: the first use of the first one prepares the recorder,
     * which takes 60 ms and more (ADR-0029).
     */
    public static boolean isPresent() {
        return FlightRecorder.isInitialized();
    }
}
