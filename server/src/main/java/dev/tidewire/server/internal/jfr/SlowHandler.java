package dev.tidewire.server.internal.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;

/** A handler that took long. */
@Name("dev.tidewire.SlowHandler")
@Label("Slow Handler")
@Description("An application's handler that took longer than the threshold")
@Category("Tidewire")
@Threshold("20 ms")
@StackTrace(false)
@SuppressWarnings("unused") // the recorder reads the fields
public final class SlowHandler extends Event {
    private static final SlowHandler ANY = new SlowHandler();

    @Label("FD")
    @Description("The connection; 0 when it was none")
    private long fd;

    @Label("Event")
    private String event = "";

    @Label("Route")
    private String route = "";

    static boolean isRecorded() {
        return ANY.isEnabled();
    }

    /** Ends the event, which takes longer than the threshold, with what it was. */
    public void commit(long fd, String event, String route) {
        this.fd = fd;
        this.event = event;
        this.route = route;
        commit();
    }
}
