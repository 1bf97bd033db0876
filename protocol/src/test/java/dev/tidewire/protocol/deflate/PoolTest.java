package dev.tidewire.protocol.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidewire.protocol.Hex;
import dev.tidewire.testkit.RawDeflate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PoolTest {
    private final Zlib zlib = Flavour.SYSTEM.zlib();

    @Test
    void keepsAsManyAsItMay() {
        Pool<MessageDeflater> pool = pool(2);
        MessageDeflater first = pool.borrow();
        MessageDeflater second = pool.borrow();
        MessageDeflater third = pool.borrow();
        assertThat(zlib.liveContexts()).isEqualTo(3);

        pool.giveBack(first);
        pool.giveBack(second);
        pool.giveBack(third);
        assertThat(zlib.liveContexts()).isEqualTo(2);

        assertThat(pool.borrow()).isSameAs(second); // the one most lately used is the one still in the caches
        assertThat(pool.borrow()).isSameAs(first);
        first.close();
        second.close();
    }

    @Test
    void lendsWhatRemembersNothing() {
        Pool<MessageDeflater> pool = pool(1);
        ByteBuf out = Unpooled.directBuffer();
        MessageDeflater deflater = pool.borrow();
        deflater.deflate(Hex.buffer("48656c6c6f"), false, out);

        pool.giveBack(deflater);

        assertThat(pool.borrow()).isSameAs(deflater);
        deflater.deflate(Hex.buffer("48656c6c6f"), true, out.clear());
        assertThat(Hex.of(out)).isEqualTo("f248cdc9c90700");
        deflater.close();
        out.release();
    }

    @Test
    void freesEverythingOnceItIsClosed() {
        Pool<MessageDeflater> pool = pool(2);
        MessageDeflater lent = pool.borrow();
        pool.giveBack(pool.borrow());

        pool.close();
        assertThat(zlib.liveContexts()).isOne();

        pool.giveBack(lent);
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void lendsNothingThatWasFreed() {
        Pool<MessageDeflater> pool = pool(2);
        pool.giveBack(pool.borrow());
        pool.close();

        MessageDeflater late = pool.borrow();
        assertThat(zlib.liveContexts()).isOne();

        pool.giveBack(late);
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void isSharedByThreads() throws InterruptedException {
        int threads = 4;
        AtomicInteger right = new AtomicInteger();
        CountDownLatch start = new CountDownLatch(1);
        byte[] message = Samples.json(2000);
        try (DeflaterPool pool = new DeflaterPool(zlib, DeflatePolicy.SHARED, 2)) {
            try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
                for (int i = 0; i < threads; i++) {
                    executor.execute(() -> {
                        await(start);
                        for (int round = 0; round < 200; round++) {
                            right.addAndGet(compressAndCompare(pool, message));
                        }
                    });
                }
                start.countDown();
            }
            assertThat(right).hasValue(threads * 200);
            assertThat(zlib.liveContexts()).isBetween(1, 2);
        }
        assertThat(zlib.liveContexts()).isZero();
    }

    @Test
    void hasABoundThatMakesSense() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> pool(-1))
                .withMessage("maxIdle must not be negative, was -1");
    }

    private Pool<MessageDeflater> pool(int maxIdle) {
        return new Pool<>(maxIdle, () -> zlib.deflater(6, 15, 8));
    }

    private static int compressAndCompare(DeflaterPool pool, byte[] message) {
        ByteBuf out = Unpooled.directBuffer();
        try (RawDeflate other = new RawDeflate()) {
            pool.deflateAlone(Buffers.wrap(message), 15, out);
            return Arrays.equals(other.inflate(Buffers.takeAll(out)), message) ? 1 : 0;
        } finally {
            out.release();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
    }
}
