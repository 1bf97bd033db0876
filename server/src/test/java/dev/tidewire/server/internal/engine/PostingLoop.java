package dev.tidewire.server.internal.engine;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** An event loop that does what was posted to it when it is told to, on the thread that tells it. It has one channel, which sends nothing. */
final class PostingLoop implements Executor {
    private final ConcurrentLinkedQueue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final EventLoop loop = stub(EventLoop.class, this::ofLoop);
    private final Channel channel = stub(Channel.class, this::ofChannel);
    private volatile @Nullable Thread thread;
    private volatile boolean ended;
    private volatile boolean noMemory;

    EventLoop loop() {
        return loop;
    }

    Channel channel() {
        return channel;
    }

    @Override
    public void execute(Runnable task) {
        if (ended) throw new RejectedExecutionException();
        if (noMemory) {
            noMemory = false;
            throw new OutOfMemoryError("no memory, as a test has it");
        }
        posted.add(task);
    }

    /** From now on takes nothing more. */
    void end() {
        ended = true;
    }

    /** Has no memory for the next task. */
    void failNext() {
        noMemory = true;
    }

    int posted() {
        return posted.size();
    }

    /** Does what was posted until nothing is left. */
    void turn() {
        thread = Thread.currentThread();
        try {
            for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
                task.run();
            }
        } finally {
            thread = null;
        }
    }

    private Object ofLoop(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "inEventLoop" -> Thread.currentThread() == thread;
            case "execute" -> {
                execute((Runnable) arguments[0]);
                yield this;
            }
            default -> throw new UnsupportedOperationException(method.toString());
        };
    }

    private @Nullable Object ofChannel(Method method, Object[] arguments) {
        return method.getName().equals("eventLoop") ? loop : null;
    }

    @SuppressWarnings("ReferenceEquality") // which is what equals means here
    private static <T> T stub(Class<T> type, Answer answer) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "equals" -> proxy == arguments[0];
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "toString" -> type.getSimpleName();
                    default -> answer.to(method, arguments);
                }));
    }

    private interface Answer {
        @Nullable
        Object to(Method method, Object[] arguments);
    }
}
