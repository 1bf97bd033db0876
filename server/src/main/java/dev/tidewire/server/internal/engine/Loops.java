package dev.tidewire.server.internal.engine;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/** The event loops. However many tasks there are, a loop looks at its sockets in between. */
final class Loops extends MultiThreadIoEventLoopGroup {
    /** How long tasks run before that, looked at after each 64 of them; Netty's own is a second. */
    private static final long TASKS_MILLIS = 5;

    Loops(int count, ThreadFactory threads, IoHandlerFactory handlers) {
        super(count, threads, handlers);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... none) {
        return new SingleThreadIoEventLoop(
                this, executor, handlers, Integer.MAX_VALUE, RejectedExecutionHandlers.reject(), TASKS_MILLIS);
    }
}
