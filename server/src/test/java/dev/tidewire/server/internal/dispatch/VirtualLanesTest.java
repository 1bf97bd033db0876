package dev.tidewire.server.internal.dispatch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VirtualLanesTest {
    @ParameterizedTest(name = "at most {0} at a time")
    @ValueSource(ints = {0, 1, 3})
    void eventsOfALaneAreSerialAndInOrderHoweverManyGiveThem(int most) throws Exception {
        int lanes = 8;
        int events = 2000;
        VirtualLanes made = new VirtualLanes(most);
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger mostAtOnce = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(lanes * events);
        List<Thread> givers = new ArrayList<>();
        List<AtomicInteger> broken = new ArrayList<>();
        for (int i = 0; i < lanes; i++) {
            Lane lane = made.lane(i);
            AtomicInteger wrong = new AtomicInteger();
            broken.add(wrong);
            int seed = i;
            givers.add(Thread.ofPlatform().start(() -> {
                Random random = new Random(seed);
                int[] next = {0}; // not even volatile: the lane makes each event's writes visible to the next
                for (int event = 0; event < events; event++) {
                    int number = event;
                    lane.execute(() -> {
                        mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                        if (next[0]++ != number) wrong.incrementAndGet();
                        if (number % 7 == 0) LockSupport.parkNanos(1);
                        atOnce.decrementAndGet();
                        done.countDown();
                    });
                    if (random.nextInt(10) == 0) LockSupport.parkNanos(1);
                }
            }));
        }
        for (Thread giver : givers) giver.join();

        assertThat(done.await(20, SECONDS)).isTrue();
        assertThat(broken).allSatisfy(wrong -> assertThat(wrong).hasValue(0));
        assertThat(mostAtOnce.get()).isBetween(1, most == 0 ? lanes : most);
    }

    /** Many for each carrier, of many loops: enough threads that are always ready to keep all others out. */
    @ParameterizedTest(name = "at most {0} at a time")
    @ValueSource(ints = {0, 1, 1000})
    void lanesThatNeverRestLetOthersIn(int most) throws Exception {
        VirtualLanes made = new VirtualLanes(most);
        int loops = 5 * Runtime.getRuntime().availableProcessors();
        int busy = 4 * loops;
        AtomicBoolean rest = new AtomicBoolean();
        Semaphore begun = new Semaphore(0);
        Semaphore ended = new Semaphore(0);
        Lanes ofLoop = made;
        for (int i = 0; i < busy; i++) {
            if (i % (busy / loops) == 0) ofLoop = made.ofLoop(Runnable::run);
            Lane ofOne = ofLoop.lane(1);
            new Object() {
                private final Lane lane = ofOne;

                void begin() {
                    lane.execute(() -> {
                        begun.release();
                        goOn();
                    });
                }

                private void goOn() {
                    if (rest.get()) {
                        ended.release();
                    } else {
                        lane.execute(this::goOn);
                    }
                }
            }.begin();
        }
        try {
            assertThat(begun.tryAcquire(busy, 10, SECONDS)).isTrue();
            for (int i = 0; i < 20; i++) {
                CountDownLatch othersRan = new CountDownLatch(2);
                made.lane(2).execute(othersRan::countDown);
                made.ofLoop(Runnable::run).lane(3).execute(othersRan::countDown);
                assertThat(othersRan.await(10, SECONDS)).as("round %d", i).isTrue();
            }
        } finally {
            rest.set(true);
        }
        assertThat(ended.tryAcquire(busy, 10, SECONDS)).isTrue();
    }

    @Test
    void lanesThatBlockHoldUpNoOther() throws Exception {
        VirtualLanes made = new VirtualLanes(0);
        int blocking = 1000;
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(blocking);
        Semaphore ended = new Semaphore(0);
        for (int i = 0; i < blocking; i++) {
            made.lane(i).execute(() -> {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                ended.release();
            });
        }

        assertThat(blocked.await(10, SECONDS)).isTrue();
        made.lane(blocking).execute(release::countDown);

        assertThat(ended.tryAcquire(blocking, 10, SECONDS)).isTrue();
    }

    @Test
    void lanesOfOneTurnBeginWhenItEnds() throws Exception {
        List<Runnable> atEnd = new ArrayList<>();
        Lanes made = new VirtualLanes(0).ofLoop(atEnd::add);
        Semaphore ran = new Semaphore(0);
        for (int i = 0; i < 3; i++) {
            made.lane(i).execute(ran::release);
        }
        assertThat(atEnd).as("one call for all").hasSize(1);
        assertThat(ran.availablePermits()).isZero();

        atEnd.forEach(Runnable::run);

        assertThat(ran.tryAcquire(3, 10, SECONDS)).isTrue();
    }

    @Test
    void anInterruptThatALaneLeavesBehindIsNotForTheNext() throws Exception {
        VirtualLanes made = new VirtualLanes(1);
        BlockingQueue<Boolean> interrupted = new LinkedBlockingQueue<>();
        for (int i = 0; i < 20; i++) {
            made.lane(i).execute(() -> {
                interrupted.add(Thread.currentThread().isInterrupted());
                Thread.currentThread().interrupt();
            });
        }

        for (int i = 0; i < 20; i++) {
            assertThat(interrupted.poll(10, SECONDS)).isFalse();
        }
    }

    @ParameterizedTest(name = "at most {0} at a time")
    @ValueSource(ints = {0, 1})
    void anEventThatThrowsHoldsUpNoOther(int most) throws Exception {
        VirtualLanes made = new VirtualLanes(most);
        Lane lane = made.lane(1);
        CountDownLatch ran = new CountDownLatch(2);
        lane.execute(() -> {
            throw new IllegalStateException("for the test");
        });
        lane.execute(ran::countDown);
        made.lane(2).execute(ran::countDown);

        assertThat(ran.await(10, SECONDS)).isTrue();
    }

    @Test
    void whatCannotBeCalledToStartAThreadIsCalledAgain() throws Exception {
        AtomicInteger failures = new AtomicInteger(1);
        Lanes made = new VirtualLanes(0).ofLoop(start -> {
            if (failures.getAndDecrement() > 0) throw new OutOfMemoryError("for the test");
            start.run();
        });
        CountDownLatch ran = new CountDownLatch(2);
        assertThatThrownBy(() -> made.lane(1).execute(ran::countDown)).isInstanceOf(OutOfMemoryError.class);

        made.lane(2).execute(ran::countDown);

        assertThat(ran.await(10, SECONDS)).isTrue();
    }

    @Test
    void aThreadThatCannotBeStartedIsTriedAgain() throws Exception {
        AtomicInteger failures = new AtomicInteger(1);
        VirtualLanes made = new VirtualLanes(0, task -> {
            if (failures.getAndDecrement() > 0) throw new OutOfMemoryError("for the test");
            return Thread.ofVirtual().unstarted(task);
        });
        CountDownLatch ran = new CountDownLatch(2);
        assertThatThrownBy(() -> made.lane(1).execute(ran::countDown)).isInstanceOf(OutOfMemoryError.class);

        made.lane(2).execute(ran::countDown);

        assertThat(ran.await(10, SECONDS)).isTrue();
    }
}
