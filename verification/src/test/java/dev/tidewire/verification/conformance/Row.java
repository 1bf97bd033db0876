package dev.tidewire.verification.conformance;

import java.util.List;
import java.util.Map;

/**
 * One rule at work on one connection.
 *
 * @param id       the same for all rows of one {@code each}; documents refer to it
 * @param sentence sections of the RFC, then what is so
 * @param path     what kind of server answers, see {@link Target}
 * @param limits   the server's, by the names of its options
 * @param chops    further sizes of the pieces that the client's bytes are cut into
 */
record Row(
        String id, String sentence, String path, Map<String, Integer> limits, List<Integer> chops, List<Step> steps) {
    /** Bytes that the client sends, headers of frames left out. */
    long sentBytes() {
        return steps.stream()
                .mapToLong(step -> step instanceof Step.Send(var frames)
                        ? frames.stream()
                                .mapToLong(frame -> frame.payload().length)
                                .sum()
                        : 0)
                .sum();
    }

    @Override
    public String toString() {
        return id + ": " + sentence;
    }
}
