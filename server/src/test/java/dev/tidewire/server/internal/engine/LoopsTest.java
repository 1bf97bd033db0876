package dev.tidewire.server.internal.engine;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.SingleThreadEventLoop;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.CountDownLatch;
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
