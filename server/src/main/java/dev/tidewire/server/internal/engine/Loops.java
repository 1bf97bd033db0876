package dev.tidewire.server.internal.engine;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * The event loops. However many tasks there are, a loop looks at its sockets in between; and however much comes from its sockets, tasks
 * get as much of its time.
 */
final class Loops extends MultiThreadIoEventLoopGroup {
    /** How long tasks run at least before a loop looks at its sockets, which it thinks of after each 64 of them; Netty's own is a second. */
    private static final long TASKS_MILLIS = 5;

    Loops(int count, ThreadFactory threads, IoHandlerFactory handlers) {
        super(count, threads, handlers);
    }

    @Override
    protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... none) {
        return new Loop(this, executor, handlers);
    }

    private static final class Loop extends SingleThreadIoEventLoop {
        private long tasksNanos;

        Loop(Loops loops, Executor executor, IoHandlerFactory handlers) {
            super(loops, executor, handlers, Integer.MAX_VALUE, RejectedExecutionHandlers.reject(), TASKS_MILLIS);
        }

        /** Where tasks wait it does not wait for sockets, and all of its time is work. */
        @Override
        protected int runIo() {
            if (!hasTasks()) {
                tasksNanos = 0;
                return super.runIo();
            }
            long begun = System.nanoTime();
            int handled = super.runIo();
            tasksNanos = System.nanoTime() - begun;
            return handled;
        }

        @Override
        protected boolean runAllTasks(long leastNanos) {
            return super.runAllTasks(Math.max(leastNanos, tasksNanos));
        }
    }
}
