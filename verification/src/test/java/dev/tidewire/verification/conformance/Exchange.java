package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.verification.conformance.Step.Answer;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * One row on one connection of its own, with the client's bytes cut in one way.
 *
 * <p>A cut is a cut: the next piece is sent when the server says that it has read the one before, so the network cannot join them
 * again.
 */
final class Exchange implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final long BETWEEN_LOOKS_NANOS = 20_000;

    /** No connection has this number. */
    private static final long GONE = 0;

    private final Target target;
    private final Row row;
    private final Cut cut;
    private final RandomGenerator random;
    private final RawClient client;
    private final ByteArrayOutputStream unsent = new ByteArrayOutputStream();
    private long sentBytes;
    private long fd;

    private Exchange(Target target, Row row, Cut cut) {
        this.target = target;
        this.row = row;
        this.cut = cut;
        random = new Random((row + cut.toString()).hashCode());
        client = RawClient.connect(target.address()).timeout(TIMEOUT);
    }

    /**
     * Plays the row.
     *
     * @throws AssertionError when the server sends anything else than the row says
     */
    static void play(Target target, Row row, Cut cut) {
        try (Exchange exchange = new Exchange(target, row, cut)) {
            exchange.play();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(target.dispatch() + ", " + cut + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        client.close();
    }

    private void play() {
        unsent.writeBytes(RawClient.upgradeRequest(row.path()).getBytes(US_ASCII));
        boolean early = cut instanceof Cut.BehindTheRequest;
        if (!early) upgrade();
        for (Step step : row.steps()) {
            boolean sends = step instanceof Step.Send || step instanceof Step.SendRaw;
            if (!sends && early) {
                upgrade();
                early = false;
            }
            take(step);
        }
    }

    private void upgrade() {
        sentBytes += unsent.size();
        client.send(unsent.toByteArray());
        unsent.reset();
        client.expectUpgrade();
        fd = target.find(client.localAddress()).orElse(GONE);
    }

    private void take(Step step) {
        switch (step) {
            case Step.Send(var frames) -> frames.forEach(frame -> unsent.writeBytes(frame.fromClient(random)));
            case Step.SendRaw(byte[] bytes) -> unsent.writeBytes(bytes);
            case Step.EndOurHalf() -> {
                send();
                client.halfClose();
            }
            case Step.Expect(var answers) -> {
                send();
                expect(answers);
            }
            case Step.ExpectEnd() -> {
                send();
                client.expectEof();
            }
        }
    }

    private void send() {
        byte[] bytes = unsent.toByteArray();
        unsent.reset();
        int from = 0;
        for (int length : cut.lengths(bytes.length, random)) {
            awaitRead();
            client.send(Arrays.copyOfRange(bytes, from, from + length));
            from += length;
            sentBytes += length;
        }
    }

    /** Looks at the server's own count, because nothing on the wire tells. */
    private void awaitRead() {
        if (cut instanceof Cut.Whole || cut instanceof Cut.BehindTheRequest) return;
        long deadline = System.nanoTime() + TIMEOUT.toNanos();
        while (!target.hasRead(fd, sentBytes)) {
            if (System.nanoTime() > deadline)
                throw new AssertionError("the server does not read on after " + sentBytes);
            LockSupport.parkNanos(BETWEEN_LOOKS_NANOS);
        }
    }

    private void expect(List<Answer> answers) {
        List<Answer> missing = new ArrayList<>(answers);
        while (!missing.isEmpty()) {
            WireFrame frame = WireFrame.read(client);
            Answer answer = missing.stream()
                    .filter(candidate -> candidate.fits(frame))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("expected " + missing + ", was " + frame));
            missing.remove(answer);
        }
    }
}
