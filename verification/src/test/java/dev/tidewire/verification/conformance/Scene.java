package dev.tidewire.verification.conformance;

import java.util.List;
import java.util.Map;

/** What a row of a table becomes on a connection of its own. */
interface Scene {
    /** Small pieces, for what is not long. */
    List<Cut.Every> SMALL_PIECES = List.of(new Cut.Every(1), new Cut.Every(2), new Cut.Every(3), new Cut.Every(7));

    /** The limits of the server it needs, by the names of their options. */
    Map<String, Integer> limits();

    /** The ways to cut the client's bytes that make sense for their length. */
    List<Cut> cuts();

    /** True when many at the same time would take too much memory, and all ways in every mode too much time. */
    boolean isLarge();

    /**
     * Plays it once.
     *
     * @throws AssertionError when the server sends anything else than the row says
     */
    void play(Target target, Cut cut);
}
