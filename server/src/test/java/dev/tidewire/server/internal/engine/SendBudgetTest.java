package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SendBudgetTest {
    private static final int UNIT = SendBudget.UNIT_BYTES;

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "4095, 0", "4096, 1", "8191, 1", "8192, 2"})
    void onlyFullUnitsOfAConnectionCount(long bytes, long units) {
        assertThat(SendBudget.units(bytes)).isEqualTo(units);
    }

    @Test
    void allThatThereIsCanBeTakenAndNotOneUnitMore() {
        SendBudget budget = new SendBudget(100 * UNIT);
        SendBudget.Share share = budget.share();

        assertThat(share.take(0, 100)).isTrue();
        assertThat(budget.usedBytes()).isEqualTo(100 * UNIT);
        assertThat(share.take(0, 1)).isFalse();
        share.give(1);
        assertThat(share.take(0, 2)).isFalse();
        assertThat(share.take(0, 1)).isTrue();
    }

    @Test
    void whatOneLoopHasLeftAnotherCanTake() {
        SendBudget budget = new SendBudget(100 * UNIT);
        SendBudget.Share one = budget.share();
        SendBudget.Share other = budget.share();
        assertThat(one.take(0, 10)).isTrue();
        one.give(10);

        assertThat(other.take(0, 100)).isTrue();
        assertThat(one.take(0, 1)).isFalse();
        other.give(100);
        assertThat(one.take(0, 100)).isTrue();
    }

    @Test
    void whoHasMuchMayTakeAQuarterOfWhatIsLeft() {
        SendBudget budget = new SendBudget(1000 * UNIT);
        SendBudget.Share share = budget.share();
        int greedy = 0;
        while (share.take(greedy, 1)) greedy++;
        assertThat(greedy).isEqualTo(200); // of which there are four more left

        int second = 0;
        while (share.take(second, 1)) second++;
        assertThat(second).isEqualTo(160);
        assertThat(share.take(greedy, 1)).isFalse();
    }

    @Test
    void whatMustBeSentIsCountedAlsoPastTheTotal() {
        SendBudget budget = new SendBudget(10 * UNIT);
        SendBudget.Share share = budget.share();
        assertThat(share.take(0, 8)).isTrue();
        share.takeAnyway(5);

        assertThat(budget.usedBytes()).isEqualTo(13 * UNIT);
        share.give(3);
        assertThat(share.take(0, 1)).isFalse();
        share.give(1);
        assertThat(share.take(0, 1)).isTrue();
        assertThat(share.take(0, 1)).isFalse();
        share.give(10);
        assertThat(budget.usedBytes()).isZero();
    }

    @Test
    void withoutALimitThereIsAlwaysEnough() {
        SendBudget.Share share = new SendBudget(0).share();

        for (int i = 0; i < 1000; i++) {
            assertThat(share.take(1L << 20, 1 << 20)).isTrue();
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void whateverLoopsDoAtTheSameTimeNoMoreIsInUseThanThereIs(long seed) throws InterruptedException {
        int total = 500;
        SendBudget budget = new SendBudget((long) total * UNIT);
        Thread[] threads = new Thread[4];
        SendBudget.Share[] shares = {budget.share(), budget.share()};
        long[] held = new long[threads.length];
        AtomicBoolean refused = new AtomicBoolean();
        AtomicBoolean negative = new AtomicBoolean();
        CountDownLatch go = new CountDownLatch(1);
        for (int t = 0; t < threads.length; t++) {
            int thread = t;
            threads[t] = Thread.ofPlatform().start(() -> {
                Random random = new Random(seed * 10 + thread);
                SendBudget.Share share = shares[thread % shares.length];
                try {
                    go.await();
                } catch (InterruptedException e) {
                    return;
                }
                for (int i = 0; i < 20_000; i++) {
                    long units = random.nextLong(1, 60);
                    if (random.nextInt(3) > 0) {
                        // A thread alone may have half of it at most, so that two of them meet the limit and one never.
                        if (held[thread] + units > total / 2) continue;
                        if (share.take(0, units)) held[thread] += units;
                        else refused.set(true);
                    } else if (held[thread] >= units) {
                        share.give(units);
                        held[thread] -= units;
                    }
                    if (budget.usedBytes() < 0) negative.set(true);
                }
            });
        }
        go.countDown();
        for (Thread thread : threads) {
            thread.join();
        }

        long inUse = 0;
        for (long units : held) {
            inUse += units;
        }
        assertThat(inUse).isLessThanOrEqualTo(total);
        assertThat(budget.usedBytes()).isEqualTo(inUse * UNIT);
        assertThat(refused).isTrue();
        assertThat(negative).isFalse();
        for (int t = 0; t < threads.length; t++) {
            shares[t % shares.length].give(held[t]);
        }
        assertThat(shares[0].take(0, total)).isTrue();
    }
}
