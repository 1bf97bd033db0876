package dev.tidewire.verification.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** A way of cutting the client's bytes into writes. */
sealed interface Cut {
    /** All at once. */
    record Whole() implements Cut {}

    /** In the same write as the handshake's request, before its answer. */
    record BehindTheRequest() implements Cut {}

    /** Pieces of so many bytes. */
    record Every(int bytes) implements Cut {}

    /** Pieces of random lengths, small ones as probable as large ones. */
    record Anywhere() implements Cut {}

    /** The lengths of the pieces. */
    default List<Integer> lengths(int total, RandomGenerator random) {
        List<Integer> lengths = new ArrayList<>();
        for (int rest = total; rest > 0; rest -= lengths.getLast()) {
            lengths.add(Math.min(rest, next(total, random)));
        }
        return lengths;
    }

    private int next(int total, RandomGenerator random) {
        return switch (this) {
            case Whole() -> total;
            case BehindTheRequest() -> total;
            case Every(int bytes) -> bytes;
            case Anywhere() -> random.nextInt(1, 2 << random.nextInt(16));
        };
    }
}
