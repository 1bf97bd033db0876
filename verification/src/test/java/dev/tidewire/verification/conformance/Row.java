package dev.tidewire.verification.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One rule at work on one connection.
 *
 * @param id       the same for all rows of one {@code each}; documents refer to it
 * @param sentence sections of the RFC, then what is so
 * @param path     what kind of server answers, see {@link Target}
 * @param offer    value of {@code Sec-WebSocket-Extensions} in the request; empty for none
 * @param answer   its value in the response; empty for none
 * @param chops    further sizes of the pieces that the client's bytes are cut into
 */
record Row(
        String id,
        String sentence,
        String path,
        String offer,
        String answer,
        Map<String, Integer> limits,
        List<Integer> chops,
        List<Step> steps)
        implements Scene {
    private static final int LARGE_BYTES = 1 << 20;

    /** Most pieces of a row, unless it asks for more: each is a way to the server and back. */
    private static final int MAX_PIECES = 1_200;

    @Override
    public boolean isLarge() {
        return sentBytes() > LARGE_BYTES;
    }

    @Override
    public List<Cut> cuts() {
        List<Cut> cuts = new ArrayList<>(List.of(new Cut.Whole(), new Cut.Anywhere()));
        chops.forEach(bytes -> cuts.add(new Cut.Every(bytes)));
        if (isLarge()) return cuts;
        cuts.add(new Cut.BehindTheRequest());
        for (Cut.Every small : SMALL_PIECES) {
            if (sentBytes() / small.bytes() <= MAX_PIECES) cuts.add(small);
        }
        return cuts;
    }

    @Override
    public void play(Target target, Cut cut) {
        Exchange.play(target, this, cut);
    }

    @Override
    public String toString() {
        return id + ": " + sentence;
    }

    /** Payload that the client sends. */
    private long sentBytes() {
        return steps.stream().mapToLong(Row::sentBytes).sum();
    }

    private static long sentBytes(Step step) {
        return switch (step) {
            case Step.Send(List<WireFrame> frames) ->
                frames.stream().mapToLong(frame -> frame.payload().length).sum();
            case Step.SendDeflated(WireFrame message, int fragmentBytes) -> message.payload().length;
            default -> 0;
        };
    }
}
