package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.internal.dispatch.Lanes;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimersTest {
    private static final long MILLISECOND = 1_000_000;

    private final FakeTime fake = new FakeTime(-1_000_000);
    private final LoopTime time = new LoopTime(fake, fake::nanoTime);
    private final Timers timers = new Timers(Lanes.of(Dispatch.EVENT_LOOP), () -> time);
    private final List<Long> ran = new ArrayList<>();

    @Test
    void runsOnceAfterItsDelayAndIsForgotten() {
        long timer = timers.start(1_000 * MILLISECOND, 0, ran::add);

        advance(999);
        assertThat(ran).isEmpty();
        advance(11);
        assertThat(ran).containsExactly(timer);
        advance(100_000);
        assertThat(ran).hasSize(1);
        assertThat(timers.clear(timer)).isFalse();
        assertThat(timers.count()).isZero();
    }

    @Test
    void ticksAtItsPeriodWithoutDrifting() {
        timers.start(100 * MILLISECOND, 100 * MILLISECOND, ran::add);

        advance(100_005);
        assertThat(ran).hasSize(1_000);
    }

    @Test
    void ticksThatWereMissedAreLeftOut() {
        timers.start(100 * MILLISECOND, 100 * MILLISECOND, ran::add);
        advance(1);
        fake.holdUp(Duration.ofSeconds(1));
        advance(0);
        assertThat(ran).hasSize(1);

        advance(110);
        assertThat(ran).hasSize(2);
    }

    @Test
    void aClearedTimerDoesNotRunAndLeavesNothing() {
        List<Long> cleared = new ArrayList<>();
        for (int i = 0; i < 200_000; i++) {
            cleared.add(timers.start((1 + i) * MILLISECOND, i % 2 * MILLISECOND, ran::add));
        }
        assertThat(timers.count()).isEqualTo(200_000);
        assertThat(cleared).allMatch(timers::clear).noneMatch(timers::clear);

        advance(300_000);
        assertThat(ran).isEmpty();
        assertThat(timers.count()).isZero();
        assertThat(fake.scheduledTasks()).isZero();
    }

    @Test
    void aTickMayClearItself() {
        timers.start(MILLISECOND, MILLISECOND, number -> {
            ran.add(number);
            if (ran.size() == 3) assertThat(timers.clear(number)).isTrue();
        });

        advance(1_000);
        assertThat(ran).hasSize(3);
        assertThat(timers.count()).isZero();
    }

    @Test
    void afterTheEndNoneRuns() throws InterruptedException {
        timers.start(MILLISECOND, 0, ran::add);
        timers.start(MILLISECOND, MILLISECOND, ran::add);
        timers.end();
        timers.start(0, 0, ran::add);

        advance(1_000);
        assertThat(ran).isEmpty();
        assertThat(timers.count()).isZero();
        assertThat(timers.awaitIdle(0)).isTrue();
    }

    private void advance(long millis) {
        fake.advance(Duration.ofMillis(millis));
    }
}
