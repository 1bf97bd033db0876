package dev.tidewire.server.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A peer that did not take what was sent to it. */
@Name("dev.tidewire.SlowConsumer")
@Label("Slow Consumer")
@Description("A peer that did not take what was sent to it, and what was done about it")
@Category("Tidewire")
@StackTrace(false)
@SuppressWarnings("unused") // the recorder reads the fields
public final class SlowPeer extends Event {
    private static final String COUNTER_PREFIX = "slow.";

    @Label("FD")
    private long fd;

    @Label("Action")
    private String action = "";

    @Label("Queued Bytes")
    @DataAmount
    private long queuedBytes;

    /**
     * Records what was done about a peer.
     *
     * @param counter {@code slow.<action>}
     */
    static void record(long fd, String counter, long queuedBytes) {
        SlowPeer slow = new SlowPeer();
        if (!slow.shouldCommit()) return;
        slow.fd = fd;
        slow.action = counter.substring(COUNTER_PREFIX.length());
        slow.queuedBytes = queuedBytes;
        slow.commit();
    }
}
