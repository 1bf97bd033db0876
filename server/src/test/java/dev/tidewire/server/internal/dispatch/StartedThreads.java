package dev.tidewire.server.internal.dispatch;

import dev.tidewire.server.internal.Interleavings;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;

/** Makes platform threads, the only ones that Lincheck knows, and waits for all of them. */
final class StartedThreads implements ThreadFactory {
    private final List<Thread> made = new ArrayList<>();

    @Override
    public Thread newThread(Runnable task) {
        Thread thread = new Thread(task);
        synchronized (made) {
            made.add(thread);
        }
        return thread;
    }

    /** Also for those that are made meanwhile. */
    void join() {
        for (int i = 0; i < count(); i++) {
            Interleavings.join(thread(i));
        }
    }

    private int count() {
        synchronized (made) {
            return made.size();
        }
    }

    private Thread thread(int which) {
        synchronized (made) {
            return made.get(which);
        }
    }
}
