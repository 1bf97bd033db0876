package dev.tidewire.server.internal.engine;

import static dev.tidewire.server.internal.Interleavings.explore;
import static dev.tidewire.server.internal.Interleavings.require;
import static dev.tidewire.server.internal.Interleavings.shared;
import static dev.tidewire.server.internal.Interleavings.together;

import dev.tidewire.server.internal.Interleavings;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Interleavings.TAG)
class SendBudgetInterleavingsTest {
    private static final long UNIT = SendBudget.UNIT_BYTES;

    @Test
    @Tag(Interleavings.LONG)
    void ofTwoThatWantMoreThanThereIsTogetherOneGetsIt() {
        explore(() -> {
            SendBudget budget = shared(new SendBudget(4 * UNIT));
            SendBudget.Share one = budget.share();
            SendBudget.Share other = budget.share();
            SendBudget.Share third = budget.share();
            third.take(0, 4);
            third.give(4); // to its share, not to the pool
            boolean[] taken = new boolean[2];

            together(() -> taken[0] = one.take(0, 3), () -> taken[1] = other.take(0, 2));

            require(taken[0] != taken[1], "one of them");
            require(budget.usedBytes() == (taken[0] ? 3 : 2) * UNIT, "counted");
        });
    }

    @Test
    void aShareGivesOutWhatItHasOnce() {
        explore(() -> {
            SendBudget budget = shared(new SendBudget(4 * UNIT));
            SendBudget.Share share = budget.share();
            share.take(0, 4);
            share.give(4); // to the share, not to the pool
            boolean[] taken = new boolean[2];

            together(() -> taken[0] = share.take(0, 3), () -> taken[1] = share.take(0, 2));

            require(taken[0] != taken[1], "one of them");
            require(budget.usedBytes() == (taken[0] ? 3 : 2) * UNIT, "counted");
        });
    }

    @Test
    void whatMustBeSentIsOwedAndPaidBackOnce() {
        explore(() -> {
            SendBudget budget = shared(new SendBudget(4 * UNIT));
            SendBudget.Share one = budget.share();
            SendBudget.Share other = budget.share();
            one.take(0, 2);
            boolean[] taken = new boolean[1];

            together(() -> other.takeAnyway(3), () -> taken[0] = one.take(0, 1));

            require(budget.usedBytes() == (taken[0] ? 6 : 5) * UNIT, "counted");
            together(() -> other.give(3), () -> one.give(taken[0] ? 3 : 2));
            require(budget.usedBytes() == 0, "nothing is left");
            require(other.take(0, 4), "all can be taken");
        });
    }

    @Test
    void whatAShareHasTooMuchOfGoesBackToThePoolWhole() {
        explore(() -> {
            SendBudget budget = shared(new SendBudget(400 * UNIT));
            SendBudget.Share share = budget.share();
            share.take(0, 300);

            together(() -> share.give(150), () -> share.give(149), () -> share.takeAnyway(1));

            require(budget.usedBytes() == 2 * UNIT, "counted");
            share.give(2);
            require(budget.share().take(0, 400), "all can be taken");
        });
    }
}
