package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import dev.tidewire.verification.conformance.Step.Answer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** One row on one connection of its own, with the client's frames cut in one way. */
final class Exchange {
    private final Wire wire;
    private final Row row;
    private final Compressed compressed;
    private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
    private boolean upgraded;

    private Exchange(Wire wire, Row row) {
        this.wire = wire;
        this.row = row;
        compressed = new Compressed(row.answer());
    }

    /**
     * Plays the row.
     *
     * @throws AssertionError when the server sends anything else than the row says
     */
    static void play(Target target, Row row, Cut cut) {
        try (Wire wire = new Wire(target, cut, (row + cut.toString()).hashCode())) {
            new Exchange(wire, row).play(cut);
        }
    }

    private void play(Cut cut) {
        String[] headers =
                row.offer().isEmpty() ? new String[0] : new String[] {"Sec-WebSocket-Extensions: " + row.offer()};
        unsent.writeBytes(RawClient.upgradeRequest(row.path(), headers).getBytes(US_ASCII));
        if (!(cut instanceof Cut.BehindTheRequest)) upgrade();
        row.steps().forEach(this::take);
    }

    /** Sends the request, with whatever stands behind it, and reads the answer. */
    private void upgrade() {
        wire.sendWhole(unsent.toByteArray());
        unsent.reset();
        RawResponse response = wire.client().expectUpgrade();
        String answer = response.header("Sec-WebSocket-Extensions").orElse("");
        if (!answer.equals(row.answer())) {
            throw new AssertionError("expected the answer '" + row.answer() + "', was '" + answer + '\'');
        }
        upgraded = true;
    }

    private void take(Step step) {
        switch (step) {
            case Step.Send(var frames) -> frames.forEach(this::add);
            case Step.SendDeflated(var message, int fragmentBytes) ->
                compressed.deflate(message).inFragmentsOf(fragmentBytes).forEach(this::add);
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

    private void add(WireFrame frame) {
        unsent.writeBytes(frame.fromClient(wire.random()));
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
            boolean deflated = compressed.is(frame);
            WireFrame plain = deflated ? compressed.inflate(frame) : frame;
            Answer answer = missing.stream()
                    .filter(candidate -> candidate.fits(plain, deflated))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("expected " + missing + ", was " + frame));
            missing.remove(answer);
        }
    }
}
