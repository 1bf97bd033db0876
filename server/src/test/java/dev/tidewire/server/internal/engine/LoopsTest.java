package dev.tidewire.server.internal.engine;

import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class LoopsTest {
    /** Always has a task, and counts how often the loop has turned all the same. */
    private static final class Busy implements Runnable {
        private final SingleThreadEventLoop loop;
        private final CountDownLatch turns = new CountDownLatch(20);
        private boolean asked;

        Busy(SingleThreadEventLoop loop) {
            this.loop = loop;
        }

        @Override
        public void run() {
            if (turns.getCount() == 0) return;
            if (!asked) loop.executeAfterEventLoopIteration(this::turned);
            asked = true;
            loop.execute(this);
        }

        private void turned() {
            asked = false;
            turns.countDown();
        }
    }

    /** Sockets from which so much comes that each look at them takes a while. */
    private static final class BusySockets implements IoHandler {
        private static final long LOOK_NANOS = MILLISECONDS.toNanos(100);

        /** How long the loop did something else between two looks. */
        private final BlockingQueue<Long> elsewhere = new LinkedBlockingQueue<>();

        private long looked;

        @Override
        public int run(IoHandlerContext context) {
            if (context.canBlock()) return 0;
            long begun = System.nanoTime();
            if (looked > 0) elsewhere.add(begun - looked);
            while (System.nanoTime() - begun < LOOK_NANOS) LockSupport.parkNanos(LOOK_NANOS);
            looked = System.nanoTime();
            return 1;
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new UnsupportedOperationException("it has no sockets");
        }

        @Override
        public void wakeup() {}

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return false;
        }
    }

    @Test
    void tasksGetAsMuchTimeAsSockets() throws InterruptedException {
        BusySockets sockets = new BusySockets();
        Loops loops = new Loops(1, Thread.ofPlatform().factory(), executor -> sockets);
        try {
            for (int i = 0; i < 1000; i++) {
                loops.next().execute(() -> LockSupport.parkNanos(MICROSECONDS.toNanos(500)));
            }

            assertThat(sockets.elsewhere.poll(10, SECONDS)).isGreaterThanOrEqualTo(BusySockets.LOOK_NANOS);
            assertThat(sockets.elsewhere.poll(10, SECONDS)).isGreaterThanOrEqualTo(BusySockets.LOOK_NANOS);
        } finally {
            loops.shutdownGracefully(0, 100, MILLISECONDS).sync();
        }
    }

    @Test
    void aLoopTurnsToItsSocketsWhileItsTasksNeverEnd() throws InterruptedException {
        Loops loops = new Loops(1, Thread.ofPlatform().factory(), NioIoHandler.newFactory());
        try {
            Busy busy = new Busy((SingleThreadEventLoop) loops.next());
            busy.loop.execute(busy);

            assertThat(busy.turns.await(10, SECONDS)).isTrue(); // with Netty's own second it would take 20
        } finally {
            loops.shutdownGracefully(0, 100, MILLISECONDS).sync();
        }
    }
}
