package dev.tidewire.verification.conformance;

import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * A connection whose bytes go out cut in one way. A cut is a cut: the next piece is sent when the server says that it has read the
 * one before, so the network cannot join them again.
 */
final class Wire implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final long BETWEEN_LOOKS_NANOS = 20_000;

    private final Target target;
    private final Cut cut;
    private final RandomGenerator random;
    private final RawClient client;
    private long sentBytes;
    private long fd;

    /** Connects; {@code seed} makes what is random here the same in each run. */
    Wire(Target target, Cut cut, int seed) {
        this.target = target;
        this.cut = cut;
        random = new Random(seed);
        client = RawClient.connect(target.address()).timeout(TIMEOUT);
    }

    RawClient client() {
        return client;
    }

    RandomGenerator random() {
        return random;
    }

    /** Sends these bytes in one write. */
    void sendWhole(byte[] bytes) {
        client.send(bytes);
        sentBytes += bytes.length;
    }

    /** Sends these bytes in the pieces of the cut. */
    void send(byte[] bytes) {
        int from = 0;
        for (int length : cut.lengths(bytes.length, random)) {
            if (length < bytes.length) awaitRead();
            sendWhole(Arrays.copyOfRange(bytes, from, from + length));
            from += length;
        }
    }

    @Override
    public void close() {
        client.close();
    }

    /** Looks at the server's own count, because nothing on the wire tells. */
    private void awaitRead() {
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        if (fd == 0) fd = target.accepted(client.localAddress());
        while (!target.hasRead(fd, sentBytes)) {
            if (System.nanoTime() > deadline)
                throw new AssertionError("the server does not read on after " + sentBytes + " bytes");
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
        }
    }
}
