package dev.tidewire.server.internal.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionTest {
    private static final long A = 1;
    private static final long B = 2;
    private static final long MILLISECOND = 1_000_000;

    private final AtomicLong now = new AtomicLong(-5);

    @Test
    void refusesTheOneThatIsTooManyAndTakesTheNextWhenOneHasGone() {
        Admission admission = admission(2, 0, 0);

        assertThat(admission.admit(A)).isNull();
        assertThat(admission.admit(B)).isNull();
        assertThat(admission.admit(B)).isEqualTo(Refusal.TOTAL);
        admission.release(A);
        assertThat(admission.admit(B)).isNull();
        assertThat(admission.count()).isEqualTo(2);
    }

    @Test
    void countsEachAddressByItself() {
        Admission admission = admission(0, 1, 0);

        assertThat(admission.admit(A)).isNull();
        assertThat(admission.admit(A)).isEqualTo(Refusal.ADDRESS);
        assertThat(admission.admit(B)).isNull();
        assertThat(admission.count()).isEqualTo(2);
        admission.release(A);
        assertThat(admission.addresses()).isEqualTo(1);
        assertThat(admission.admit(A)).isNull();
    }

    @Test
    void peersWithoutAnAddressAreCountedInTotalOnly() {
        Admission admission = admission(3, 1, 0);

        for (int i = 0; i < 3; i++) {
            assertThat(admission.admit(AddressKey.NONE)).isNull();
        }
        assertThat(admission.admit(AddressKey.NONE)).isEqualTo(Refusal.TOTAL);
        assertThat(admission.addresses()).isZero();
    }

    @Test
    void aConnectionMovesToTheAddressThatAProxyTold() {
        Admission admission = admission(0, 1, 0);
        admission.admit(AddressKey.NONE);
        admission.admit(AddressKey.NONE);

        assertThat(admission.move(AddressKey.NONE, A)).isTrue();
        assertThat(admission.move(AddressKey.NONE, A)).isFalse();
        assertThat(admission.move(A, A)).isTrue();
        assertThat(admission.move(A, B)).isTrue();
        assertThat(admission.move(AddressKey.NONE, A)).isTrue();
        admission.release(A);
        admission.release(B);
        assertThat(admission.count()).isZero();
        assertThat(admission.addresses()).isZero();
    }

    @Test
    void asManyMayComeAtOnceAsInASecondAndThenOneByOne() {
        Admission admission = admission(0, 0, 100);
        for (int i = 0; i < 100; i++) {
            assertThat(admission.admit(A)).isNull();
        }

        assertThat(admission.admit(A)).isEqualTo(Refusal.RATE);
        now.addAndGet(10 * MILLISECOND - 1);
        assertThat(admission.admit(A)).isEqualTo(Refusal.RATE);
        now.addAndGet(1);
        assertThat(admission.admit(A)).isNull();
        assertThat(admission.admit(A)).isEqualTo(Refusal.RATE);
        assertThat(admission.count()).isEqualTo(101);
    }

    @Test
    void aSilentSecondFillsTheBucketAndALongerOneNoMore() {
        Admission admission = admission(0, 0, 3);
        now.addAndGet(3_600_000 * MILLISECOND);

        assertThat(List.of(isAdmitted(admission), isAdmitted(admission), isAdmitted(admission)))
                .containsOnly(true);
        assertThat(isAdmitted(admission)).isFalse();
    }

    @Test
    void nothingIsLeftAfterManyHaveComeAndGoneFromManyThreads() throws InterruptedException {
        Admission admission = admission(64, 8, 0);
        AtomicInteger refused = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            SplittableRandom random = new SplittableRandom(t);
            threads.add(Thread.ofPlatform().start(() -> comeAndGo(admission, random, refused)));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(refused).hasPositiveValue();
        assertThat(admission.count()).isZero();
        assertThat(admission.addresses()).isZero();
    }

    private static void comeAndGo(Admission admission, SplittableRandom random, AtomicInteger refused) {
        List<Long> held = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            int what = random.nextInt(5);
            if (what < 3) {
                long address = random.nextLong(1, 7);
                if (admission.admit(address) == null) held.add(address);
                else refused.incrementAndGet();
            } else if (!held.isEmpty()) {
                int which = random.nextInt(held.size());
                long address = held.get(which);
                long to = random.nextLong(1, 7);
                if (what == 3) {
                    admission.release(held.remove(which));
                } else if (admission.move(address, to)) {
                    held.set(which, to);
                }
            }
            assertThat(admission.count()).isBetween(held.size(), 64);
            assertThat(admission.addresses()).isLessThanOrEqualTo(6);
        }
        held.forEach(admission::release);
    }

    @ParameterizedTest
    @CsvSource({
        "524288,       2, 256, 522240",
        "20000,        2, 39,  19922",
        "4096,        16, 64,  3968",
        "1024,         2, 32,  960",
        "128,          2, 32,  64",
        "64,           2, 32,  1",
        "1,            2, 32,  1",
        "0,            2, 256, 1000000",
        "-1,           2, 256, 1000000",
        "1073741816,   2, 256, 1000000",
        "9223372036854775807, 2, 256, 1000000"
    })
    void leavesDescriptorsForLoopsRefusedPeersAndOtherThings(long count, int loops, int refused, int connections) {
        Descriptors descriptors = new Descriptors(count);

        assertThat(descriptors.refused(loops)).isEqualTo(refused);
        assertThat(descriptors.connections(loops)).isEqualTo(connections);
    }

    private boolean isAdmitted(Admission admission) {
        return admission.admit(A) == null;
    }

    private Admission admission(int total, int perAddress, int perSecond) {
        return new Admission(total, perAddress, perSecond, now::get);
    }
}
