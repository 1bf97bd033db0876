package dev.tidewire.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The signals that ask a process to end.
 *
 * <p>A shutdown hook would not do: the process would end with 143 after a SIGTERM, however well it ended. {@code
 * sun.misc.Signal} is supported by the module {@code jdk.unsupported}, but javac warns of each use of it in a way that cannot be
 * switched off, so it is used by reflection.
 */
final class Signals {
    /** Added to a signal's number it is the exit code of a process that the signal ended. */
    private static final int ENDED_BY_SIGNAL = 128;

    private Signals() {}

    /**
     * Has the first SIGINT, SIGTERM or SIGHUP call {@code end}, on a thread of its own, and the second of SIGINT and SIGTERM end the
     * process at once.
     */
    static void onFirst(Runnable end) {
        AtomicBoolean ending = new AtomicBoolean();
        AtomicBoolean asked = new AtomicBoolean();
        handle("INT", () -> asked(2, asked, ending, end));
        handle("TERM", () -> asked(15, asked, ending, end));
        // Nobody insists by it: a terminal that is closed sends it, and so does the shell in it. systemd may send it
        // together with SIGTERM, and then it may come first.
        handle("HUP", () -> once(ending, end));
    }

    private static void asked(int number, AtomicBoolean asked, AtomicBoolean ending, Runnable end) {
        if (!asked.compareAndSet(false, true)) Runtime.getRuntime().halt(ENDED_BY_SIGNAL + number);
        once(ending, end);
    }

    private static void once(AtomicBoolean ending, Runnable end) {
        if (ending.compareAndSet(false, true)) end.run();
    }

    private static void handle(String name, Runnable received) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object onSignal = Proxy.newProxyInstance(
                    Signals.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        received.run();
                        return null;
                    });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), onSignal);
        } catch (InvocationTargetException e) {
            // The JVM keeps the signal to itself, as it was told to (-Xrs): then the system's own handling stays.
            System.getLogger("dev.tidewire.cli")
                    .log(System.Logger.Level.INFO, "event=signal_not_handled signal=" + name);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("no sun.misc.Signal in this JDK", e);
        }
    }
}
