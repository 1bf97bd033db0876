package dev.tidewire.server.internal.dispatch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class TaskQueueTest {
    private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    private final CountDownLatch release = new CountDownLatch(1);

    /** Says when it begins, and waits to be released. */
    private final class Held implements Runnable {
        private final String name;

        Held(String name) {
            this.name = name;
        }

        @Override
        public void run() {
            seen.add(name);
            try {
                release.await();
            } catch (InterruptedException e) {
                seen.add(name + " interrupted");
            }
        }
    }

    @Test
    void noMoreRunAndWaitThanMay() throws InterruptedException {
        var queue = new TaskQueue<Runnable>(2, 3);
        List<Boolean> taken = IntStream.range(0, 6)
                .mapToObj(i -> queue.offer(new Held("w" + i)))
                .toList();

        assertThat(taken).containsExactly(true, true, true, true, true, false);
        assertThat(queue.load()).isEqualTo(new TaskQueue.Load(3, 2, 5));
        release.countDown();
        assertThat(queue.awaitIdle(SECONDS.toNanos(10))).isTrue();
        assertThat(queue.load()).isEqualTo(new TaskQueue.Load(0, 0, 5));
        assertThat(seen).containsExactlyInAnyOrder("w0", "w1", "w2", "w3", "w4");
    }

    @Test
    void whatWaitsRunsInItsOrder() throws InterruptedException {
        var queue = new TaskQueue<Runnable>(1, 100);
        release.countDown();
        List<String> names = IntStream.range(0, 50).mapToObj(i -> "w" + i).toList();
        names.forEach(name -> queue.offer(new Held(name)));
        queue.awaitIdle(SECONDS.toNanos(10));

        assertThat(seen).containsExactlyElementsOf(names);
    }

    @Test
    void anInterruptThatWorkLeavesBehindDoesNotReachTheNext() throws InterruptedException {
        var queue = new TaskQueue<Runnable>(1, 10);
        queue.offer(() -> Thread.currentThread().interrupt());
        queue.offer(() -> seen.add("interrupted " + Thread.currentThread().isInterrupted()));
        queue.awaitIdle(SECONDS.toNanos(10));

        assertThat(seen).containsExactly("interrupted false");
    }

    @Test
    void workThatThrowsAllTheSameKeepsNoPlace() throws InterruptedException {
        var queue = new TaskQueue<Runnable>(1, 10);
        queue.offer(() -> {
            throw new IllegalStateException("for the test");
        });
        queue.offer(() -> seen.add("next"));

        assertThat(queue.awaitIdle(SECONDS.toNanos(10))).isTrue();
        assertThat(seen).containsExactly("next");
    }

    @Test
    void anAbandonedQueueTakesNoMoreAndInterruptsWhatRuns() throws InterruptedException {
        var queue = new TaskQueue<Runnable>(1, 10);
        Held waits = new Held("waits");
        queue.offer(new Held("runs"));
        queue.offer(waits);
        assertThat(seen.poll(10, SECONDS)).isEqualTo("runs");

        assertThat(queue.awaitIdle(1)).isFalse();
        assertThat(queue.abandon()).containsExactly(waits);
        assertThat(queue.offer(new Held("late"))).isFalse();
        assertThat(seen.poll(10, SECONDS)).isEqualTo("runs interrupted");
        assertThat(queue.awaitIdle(SECONDS.toNanos(10))).isTrue();
    }
}
