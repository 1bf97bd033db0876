package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.verification.conformance.Step.Answer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** One row on one connection of its own, with the client's frames cut in one way. */
final class Exchange {
    private final Wire wire;
    private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
    private boolean upgraded;

    private Exchange(Wire wire) {
        this.wire = wire;
    }

    /**
     * Plays the row.
     *
     * @throws AssertionError when the server sends anything else than the row says
     */
    static void play(Target target, Row row, Cut cut) {
        try (Wire wire = new Wire(target, cut, (row + cut.toString()).hashCode())) {
            new Exchange(wire).play(row, cut);
        }
    }

    private void play(Row row, Cut cut) {
        unsent.writeBytes(RawClient.upgradeRequest(row.path()).getBytes(US_ASCII));
        if (!(cut instanceof Cut.BehindTheRequest)) upgrade();
        row.steps().forEach(this::take);
    }

    /** Sends the request, with whatever stands behind it, and reads the answer. */
    private void upgrade() {
        wire.sendWhole(unsent.toByteArray());
        unsent.reset();
        wire.client().expectUpgrade();
        upgraded = true;
    }

    private void take(Step step) {
        switch (step) {
            case Step.Send(var frames) -> frames.forEach(frame -> unsent.writeBytes(frame.fromClient(wire.random())));
            case Step.SendRaw(byte[] bytes) -> unsent.writeBytes(bytes);
            case Step.EndOurHalf() -> {
                send();
                wire.client().halfClose();
            }
            case Step.Expect(var answers) -> {
                send();
                expect(answers);
            }
            case Step.ExpectEnd() -> {
                send();
                wire.client().expectEof();
            }
        }
    }

    private void send() {
        if (!upgraded) {
            upgrade();
        } else if (unsent.size() > 0) {
            wire.send(unsent.toByteArray());
            unsent.reset();
        }
    }

    private void expect(List<Answer> answers) {
        List<Answer> missing = new ArrayList<>(answers);
        while (!missing.isEmpty()) {
            WireFrame frame = WireFrame.read(wire.client());
            Answer answer = missing.stream()
                    .filter(candidate -> candidate.fits(frame))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("expected " + missing + ", was " + frame));
            missing.remove(answer);
        }
    }
}
