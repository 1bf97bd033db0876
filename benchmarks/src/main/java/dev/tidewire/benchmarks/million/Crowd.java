package dev.tidewire.benchmarks.million;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** All clients: everyone says the same, and hears the same back. */
final class Crowd implements Client {
    /** So many may be on their way to the server at a time. */
    private static final int MOST_WAITING = 4096;

    private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong closed = new AtomicLong();
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private volatile byte[] expected = {};

    /** What one client does. */
    interface Step {
        void take(int client);
    }

    /** Lets each of {@code count} take the step, and returns when each has its answer, which must be these bytes. */
    void each(int count, byte[] answer, Step step) throws InterruptedException {
        expect(answer);
        for (int i = 0; i < count; i++) {
            await(answered, i - MOST_WAITING);
            step.take(i);
        }
        await(answered, count);
    }

    /** From now on everyone must hear this, once. */
    void expect(byte[] answer) {
        answered.set(0);
        expected = answer;
    }

    /** Returns when so many have heard it. */
    void awaitAnswers(int count) throws InterruptedException {
        await(answered, count);
    }

    /** Returns when the server has let go of so many. */
    void awaitClosed(int count) throws InterruptedException {
        await(closed, count);
    }

    private void await(AtomicLong number, long least) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (number.get() < least) {
            String why = failure.get();
            if (why != null) throw new IllegalStateException(why);
            if (System.nanoTime() > end)
                throw new IllegalStateException("only " + number + " of " + least + " are served");
            TimeUnit.MICROSECONDS.sleep(50);
        }
    }

    @Override
    public void received(MemorySocket socket, ByteBuffer bytes) {
        byte[] wanted = expected;
        while (bytes.hasRemaining()) {
            if (socket.progress == wanted.length || bytes.get() != wanted[socket.progress]) {
                failure.compareAndSet(null, "a client heard something else than it must");
                bytes.position(bytes.limit());
                return;
            }
            socket.progress++;
        }
        if (socket.progress == wanted.length) {
            socket.progress = 0;
            answered.incrementAndGet();
        }
    }

    @Override
    public void ended(MemorySocket socket) {
        socket.end();
    }

    @Override
    public void closed() {
        closed.incrementAndGet();
    }
}
