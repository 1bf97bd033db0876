package dev.tidewire.server.internal.dispatch;

import java.util.ArrayDeque;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Each burst of a connection's events runs on a virtual thread of its own; a silent connection has none. */
final class VirtualLanes implements Lanes {
    private static final String NAME = "tidewire-handler";
    private static final ThreadFactory THREADS = Thread.ofVirtual().name(NAME).factory();

    @Override
    public Lane lane(long fd) {
        return new VirtualLane();
    }

    @Override
    public boolean owns(Thread thread) {
        return thread.getName().equals(NAME);
    }

    @Override
    public void close() {}

    /** Threads: any. The monitor guards {@code waiting} and {@code running}; it is held for a few instructions only. */
    private static final class VirtualLane implements Lane, Runnable {
        private @Nullable ArrayDeque<Runnable> waiting;
        private @Nullable Runnable running;

        @Override
        public void execute(Runnable event) {
            synchronized (this) {
                if (running != null) {
                    if (waiting == null) waiting = new ArrayDeque<>(4);
                    waiting.add(event);
                    return;
                }
                running = event;
            }
            THREADS.newThread(this).start();
        }

        @Override
        public synchronized boolean isIdle() {
            return running == null;
        }

        @Override
        public void run() {
            for (Runnable event = current(); event != null; event = next()) {
                event.run();
            }
        }

        private synchronized @Nullable Runnable current() {
            return running;
        }

        private synchronized @Nullable Runnable next() {
            running = waiting == null ? null : waiting.poll();
            if (running == null) waiting = null;
            return running;
        }
    }
}
