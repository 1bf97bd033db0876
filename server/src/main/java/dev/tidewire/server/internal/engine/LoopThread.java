package dev.tidewire.server.internal.engine;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The thread of an event loop; of Netty's own class, for that keeps its thread-local buffers fast. It knows which conversation reads at the moment: a
 * handler that runs meanwhile answers there nearly always.
 *
 * <p>Threads: any may ask, for itself.
 */
public final class LoopThread extends FastThreadLocalThread {
    private final Engine engine;
    private @Nullable Conversation reading;
    private long fd;

    private LoopThread(Engine engine, @Nullable ThreadGroup group, Runnable loop, String name) {
        super(group, loop, name);
        this.engine = engine;
    }

    static ThreadFactory factory(Engine engine) {
        return new DefaultThreadFactory("tidewire-loop", false) {
            @Override
            protected Thread newThread(Runnable loop, String name) {
                return new LoopThread(engine, threadGroup, loop, name);
            }
        };
    }

    /** The conversation that this thread reads for, if it is one of {@code engine} and has this fd. */
    public static @Nullable Conversation reading(Engine engine, long fd) {
        return Thread.currentThread() instanceof LoopThread here && here.fd == fd && here.engine == engine
                ? here.reading
                : null;
    }

    /** This thread reads for {@code conversation} from now on. */
    public static void readingBegins(Conversation conversation, long fd) {
        if (Thread.currentThread() instanceof LoopThread here) here.reads(conversation, fd);
    }

    /** What came is read. */
    public static void readingEnds() {
        if (Thread.currentThread() instanceof LoopThread here) here.reads(null, 0);
    }

    private void reads(@Nullable Conversation conversation, long fd) {
        this.reading = conversation;
        this.fd = fd;
    }
}
