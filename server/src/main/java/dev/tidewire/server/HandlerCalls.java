package dev.tidewire.server;

import dev.tidewire.server.internal.jfr.Recorder;
import dev.tidewire.server.internal.jfr.SlowHandler;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Calls handlers: the boundary between the engine and code that is not ours, and the only place that knows how long a handler takes.
 * Without an observer or a recording no clock is read.
 *
 * <p>Threads: any.
 */
final class HandlerCalls {
    private static final ServerObserver[] NOBODY = {};

    private volatile ServerObserver[] observers = NOBODY;

    synchronized void add(ServerObserver observer) {
        ServerObserver[] more = Arrays.copyOf(observers, observers.length + 1);
        more[observers.length] = observer;
        observers = more;
    }

    synchronized void remove(ServerObserver observer) {
        observers = Arrays.stream(observers)
                .filter(known -> !known.equals(observer))
                .toArray(ServerObserver[]::new);
    }

    /** Calls a handler. Whatever it throws ends here. */
    @Nullable
    Throwable call(long fd, Event<?> event, String route, Server.Call handler) {
        return isMeasuring() ? measured(fd, event, route, handler) : callOrCatch(handler);
    }

    /** {@link #call(long, Event, String, Server.Call)} of the handlers that are called most, for which nothing is made. */
    @Nullable
    Throwable call(Event<?> event, String route, MessageHandler handler, WebSocketServer server, Frame frame) {
        if (isMeasuring()) return measured(frame.fd(), event, route, () -> handler.handle(server, frame));
        try {
            handler.handle(server, frame);
            return null;
        } catch (Throwable thrown) { // as in callOrCatch
            return thrown;
        }
    }

    private boolean isMeasuring() {
        return observers.length > 0 || Recorder.recordsHandlers();
    }

    private @Nullable Throwable measured(long fd, Event<?> event, String route, Server.Call handler) {
        ServerObserver[] hearing = observers;
        long begun = System.nanoTime();
        SlowHandler slow = new SlowHandler();
        slow.begin();
        Throwable thrown = callOrCatch(handler);
        slow.end();
        if (slow.shouldCommit()) slow.commit(fd, event.name(), route);
        tell(hearing, event, route, System.nanoTime() - begun, thrown != null);
        return thrown;
    }

    void tellLag(long nanos) {
        for (ServerObserver observer : observers) {
            observer.loopLagged(nanos);
        }
    }

    void tellCounter(String name) {
        for (ServerObserver observer : observers) {
            observer.counterAppeared(name);
        }
    }

    private static void tell(ServerObserver[] hearing, Event<?> event, String route, long nanos, boolean failed) {
        for (ServerObserver observer : hearing) {
            observer.handled(event, route, nanos, failed);
        }
    }

    private static @Nullable Throwable callOrCatch(Server.Call handler) {
        try {
            handler.call();
            return null;
        } catch (Throwable thrown) { // also errors: whoever called must survive every handler
            return thrown;
        }
    }
}
