package dev.tidewire.server.internal.time;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopTimeTest {
    private static final Duration TICK = Duration.ofMillis(LoopTime.TICK_MILLIS);

    /** Near where the clock's numbers wrap around. */
    private final FakeTime fake = new FakeTime(Long.MAX_VALUE - 1_000_000);

    private final LoopTime time = new LoopTime(fake, fake::nanoTime);
    private final List<String> done = new ArrayList<>();

    @Test
    void aDeadlineIsNeverEarlyAndAtMostATickLate() {
        fake.holdUp(Duration.ofNanos(1_234_567));
        time.in(Duration.ofSeconds(1), () -> done.add("done"));

        fake.advance(Duration.ofSeconds(1).minusNanos(1));
        assertThat(done).isEmpty();
        fake.advance(TICK);
        assertThat(done).containsExactly("done");
        fake.advance(Duration.ofDays(1));
        assertThat(done).hasSize(1);
    }

    @Test
    void deadlinesComeInTheirOrderWhateverOrderTheyWereArmedIn() {
        time.in(Duration.ofHours(30), () -> done.add("late"));
        time.in(Duration.ofMillis(15), () -> done.add("early"));
        time.in(Duration.ofSeconds(40), () -> done.add("between"));

        fake.advance(Duration.ofSeconds(39));
        assertThat(done).containsExactly("early");
        fake.advance(Duration.ofHours(31));
        assertThat(done).containsExactly("early", "between", "late");
    }

    @Test
    void aCancelledDeadlineDoesNothing() {
        Deadline deadline = time.in(Duration.ofSeconds(1), () -> done.add("never"));
        deadline.cancel();
        deadline.cancel();

        fake.advance(Duration.ofSeconds(2));
        assertThat(done).isEmpty();
    }

    @Test
    void aDeadlineMayArmItselfAgain() {
        Deadline often = new Deadline(time) {
            @Override
            protected void due() {
                done.add("tick");
                if (done.size() < 3) arm(0);
            }
        };
        often.arm(Duration.ofMinutes(5).toNanos());
        often.arm(0);

        fake.advance(TICK.multipliedBy(3));
        assertThat(done).hasSize(3);
        fake.advance(Duration.ofMinutes(6));
        assertThat(done).hasSize(3);
    }

    @Test
    void theLoopIsWokenOnlyWhenSomethingMayBeDue() {
        for (int i = 0; i < 10_000; i++) {
            time.in(Duration.ofSeconds(25), () -> done.add("due"));
        }

        assertThat(fake.scheduledTasks()).isEqualTo(1);
        fake.advance(Duration.ofSeconds(26));
        assertThat(done).hasSize(10_000);
        assertThat(fake.scheduledTasks()).isZero();
    }

    @Test
    void othersHaveTheirTurnWhileVeryManyAreDue() {
        for (int i = 0; i < 10_000; i++) {
            time.in(Duration.ofSeconds(1), () -> {
                if (done.isEmpty()) fake.execute(() -> done.add("other after " + done.size()));
                done.add("due");
            });
        }

        fake.advance(Duration.ofSeconds(2));
        assertThat(done).hasSize(10_001).contains("other after 1024");
    }

    @Test
    void oneThatFailsDoesNotKeepTheOthersFromTheirTurn() {
        time.in(Duration.ofSeconds(1), () -> {
            throw new IllegalStateException("of a test");
        });
        time.in(Duration.ofSeconds(1), () -> done.add("other"));
        time.in(Duration.ofSeconds(2), () -> done.add("later"));

        fake.advance(Duration.ofSeconds(3));
        assertThat(done).containsExactly("other", "later");
    }

    @Test
    void whatWasDueWhileTheLoopWasHeldUpIsDoneOnce() {
        time.in(Duration.ofSeconds(1), () -> done.add("first"));
        time.in(Duration.ofSeconds(70), () -> done.add("second"));
        fake.holdUp(Duration.ofSeconds(100));

        fake.advance(Duration.ZERO);
        assertThat(done).containsExactly("first", "second");
    }
}
