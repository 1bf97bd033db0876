package dev.tidewire.server.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** An event loop that could not do anything for a while. */
@Name("dev.tidewire.LoopStall")
@Label("Loop Stall")
@Description("An event loop that was late: all of its connections waited")
@Category("Tidewire")
@StackTrace(false)
@SuppressWarnings("unused") // the recorder reads the fields
public final class LoopStall extends Event {
    @Label("Lag")
    @Timespan(Timespan.NANOSECONDS)
    private long lagNanos;

    @Label("Held By")
    @Description("What the loop did when it was looked at; empty when it went on before that")
    private String holder = "";

    /** Records a loop's lag; called by it. */
    static void record(long lagNanos, String holder) {
        LoopStall stall = new LoopStall();
        if (!stall.shouldCommit()) return;
        stall.lagNanos = lagNanos;
        stall.holder = holder;
        stall.commit();
    }
}
