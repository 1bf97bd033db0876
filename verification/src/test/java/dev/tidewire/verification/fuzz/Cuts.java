package dev.tidewire.verification.fuzz;

import java.util.Random;
import java.util.function.IntUnaryOperator;

/** Where the network cuts what it carries. */
final class Cuts implements IntUnaryOperator {
    private static final int FIXED = 10;

    private final int choice;
    private final Random random;

    /** @param choice 0 for nowhere, up to 9 for pieces of that many bytes, more for random ones */
    Cuts(int choice) {
        this.choice = choice;
        random = new Random(choice);
    }

    /** How many of {@code left} bytes come at once. */
    @Override
    public int applyAsInt(int left) {
        int bytes = choice == 0 ? left : choice < FIXED ? choice : 1 + random.nextInt(choice);
        return Math.min(bytes, left);
    }
}
