package dev.tidewire.server.internal.dispatch;

import static java.lang.System.Logger.Level.ERROR;

/** Where what runs on a thread that goes on with something else ends, whatever it throws. */
final class ThreadRoot {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    private ThreadRoot() {}

    /**
     * Runs {@code work}, which does not throw. Should it do so all the same, it must not take with it what comes behind it.
     *
     * @param event what that is in the log
     */
    static void run(Runnable work, String event) {
        try {
            work.run();
        } catch (Throwable thrown) { // this is the root of a thread
            StackTraceElement[] trace = thrown.getStackTrace();
            String where = trace.length == 0 ? "unknown" : trace[0].toString();
            LOG.log(ERROR, "event=" + event + " cause=" + thrown.getClass().getName() + " at=" + where);
        }
    }
}
