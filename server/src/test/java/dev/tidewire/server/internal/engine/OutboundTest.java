package dev.tidewire.server.internal.engine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.testkit.FakeTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundTest {
    private static final int MOST = 1 << 20;
    private static final FakeTime TIME = new FakeTime(0);

    private final PostingLoop loop = new PostingLoop();
    private final SendBudget.Share share = new SendBudget(300 * SendBudget.UNIT_BYTES).share();
    private final LoopTurn turn = new LoopTurn(loop.loop(), loop, share, Duration.ZERO);
    private final List<String> arrived = new ArrayList<>();

    @Test
    void theLoopIsCalledOnceForAllConnectionsAndLooksInTheirOrder() {
        Outbound a = connection(frame -> arrived.add("a"));
        Outbound b = connection(frame -> arrived.add("b"));
        Outbound c = connection(frame -> arrived.add("c"));

        send(a, 1);
        send(b, 1);
        send(a, 1);
        send(c, 1);

        assertThat(loop.posted()).isOne();
        loop.turn();
        assertThat(arrived).containsExactly("a", "a", "b", "c");
    }

    @Test
    void whatFailsForOneConnectionDoesNotKeepTheOthersWaiting() {
        Outbound a = connection(frame -> arrived.add("a"));
        Outbound failing = connection(frame -> {
            throw new IllegalStateException("no memory");
        });
        Outbound b = connection(frame -> arrived.add("b"));

        send(a, 1);
        send(failing, 1);
        send(b, 1);

        assertThatThrownBy(loop::turn).hasMessage("no memory");
        loop.turn();
        assertThat(arrived).containsExactly("a", "b");
    }

    @Test
    void whereTheLoopCouldNotBeCalledWhoSendsNextCallsIt() {
        Outbound a = connection(frame -> arrived.add("a"));
        Outbound b = connection(frame -> arrived.add("b"));
        loop.failNext();
        assertThatThrownBy(() -> send(a, 1)).isInstanceOf(OutOfMemoryError.class);

        send(b, 1);
        send(a, 1);

        loop.turn();
        assertThat(arrived).containsExactly("b", "a", "a");
    }

    @Test
    void whereTheLoopCouldNotBeCalledForAllThatAreLeftEachOfThemCallsIt() {
        Outbound failing = connection(frame -> {
            loop.failNext();
            throw new IllegalStateException("no memory");
        });
        Outbound a = connection(frame -> arrived.add("a"));
        Outbound b = connection(frame -> arrived.add("b"));
        send(failing, 1);
        send(a, 1);
        send(b, 1);
        assertThatThrownBy(loop::turn).isInstanceOf(OutOfMemoryError.class);

        send(b, 1);
        send(a, 1);

        loop.turn();
        assertThat(arrived).containsExactly("b", "b", "a", "a");
    }

    @Test
    void whatIsSentOnceTheLoopHasEndedIsGivenUp() {
        Outbound a = connection(frame -> arrived.add("a"));
        loop.end();

        send(a, 1);
        send(a, 1);

        assertThat(a.queuedBytes()).isZero();
    }

    @Test
    void muchThatShrinksBeforeItIsWrittenWaitsUntilTheSocketHasTakenSome() {
        Outbound[] shrinking = new Outbound[1];
        shrinking[0] = connection(frame -> {
            arrived.add("frame");
            shrinking[0].room(1).writeByte(0);
        });
        loop.execute(() -> shrinking[0].readBegins(0)); // so that nothing is written yet
        loop.turn();

        for (int i = 0; i < 8; i++) send(shrinking[0], 100_000);
        loop.turn();

        assertThat(arrived).hasSize(3);
        loop.execute(() -> assertThat(shrinking[0].isStraight()).isFalse());
        loop.turn();
    }

    @Test
    void whatNoMemoryIsLeftForIsNoLongerReserved() {
        Outbound a = connection(frame -> {});
        a.reserve(Piece.WHOLE, 1000);

        assertThatThrownBy(() -> a.make(1000, OutboundTest::noMemory)).isInstanceOf(OutOfMemoryError.class);

        assertThat(a.queuedBytes()).isZero();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("frames")
    void aFrameThatNoMemoryIsLeftForEndsTheConnectionAndIsNoLongerReserved(String name, ByteBuf frame) {
        EmbeddedChannel channel = new EmbeddedChannel();
        Outbound a = connection(channel, turnOf(channel));
        a.reserve(Piece.WHOLE, frame.readableBytes());
        loop.failNext();

        assertThatThrownBy(() -> a.append(frame)).isInstanceOf(OutOfMemoryError.class);

        assertThat(channel.isOpen()).isFalse();
        a.close();
        assertThat(a.queuedBytes()).isZero();
        assertThat(frame.refCnt()).isZero();
    }

    static Stream<Arguments> frames() {
        byte[] payload = new byte[100];
        return Stream.of(
                Arguments.of("copied", Unpooled.buffer(200).writeBytes(payload)),
                Arguments.of("short", Unpooled.wrappedBuffer(payload)),
                Arguments.of("long", Unpooled.wrappedBuffer(new byte[SendBuffers.SHORT_BYTES + 1])),
                Arguments.of("array", new ArrayFrame(Unpooled.buffer().writeZero(2), payload)));
    }

    @Test
    void whatCouldNotBePutIntoTheTurnLeavesWithWhatComesNext() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Outbound a = connection(channel, turnOf(channel));
        loop.failNext();
        assertThatThrownBy(() -> a.room(1)).isInstanceOf(OutOfMemoryError.class);

        write(a);

        loop.turn();
        assertThat(channel.outboundMessages()).hasSize(1);
        channel.releaseOutbound();
    }

    @ParameterizedTest(name = "call {0}")
    @ValueSource(ints = {1, 2})
    void whereTheNextTurnCouldNotBeCalledWhoWritesNextCallsIt(int failing) {
        int many = 300; // more than one turn flushes
        EmbeddedChannel channel = new EmbeddedChannel();
        loop.execute(() -> {
            for (int i = 0; i < many; i++) write(connection(channel, turn));
            if (failing == 1) {
                loop.failNext();
            } else {
                loop.execute(loop::failNext);
            }
        });
        assertThatThrownBy(loop::turn).isInstanceOf(OutOfMemoryError.class);

        loop.execute(() -> write(connection(channel, turn)));
        loop.turn();

        assertThat(channel.outboundMessages()).hasSize(many + 1);
        channel.releaseOutbound();
    }

    @Test
    void whoWaitedAndThenFindsNoMemoryFailsAloneAndTheNextIsServed() throws Exception {
        Outbound a = connection(frame -> arrived.add("" + frame.readableBytes()));
        a.reserve(Piece.WHOLE, MOST);
        CompletableFuture<SendResult> first = sendWhenRoom(a, 10, true);
        CompletableFuture<SendResult> second = sendWhenRoom(a, 20, false);

        a.unreserve(MOST);

        assertThatThrownBy(() -> first.get(10, SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(OutOfMemoryError.class);
        assertThat(second.get(10, SECONDS)).isEqualTo(SendResult.QUEUED);
        assertThat(a.queuedBytes()).isEqualTo(20);
        loop.turn();
        assertThat(arrived).containsExactly("20");
    }

    @Test
    void theQueueHasDrainedAlsoWhenWhoWaitedFindsNoMemory() throws Exception {
        Outbound a = connection(frame -> {});
        a.reserve(Piece.WHOLE, MOST);
        CompletableFuture<SendResult> waiting = sendWhenRoom(a, MOST, true);

        a.unreserve(MOST);

        assertThat(waiting).failsWithin(10, SECONDS);
        assertThat(a.reserve(Piece.WHOLE, 1)).isEqualTo(SendResult.SENT);
    }

    @Test
    void whoWaitedHearsThatItsFrameWasTakenThoughTheLoopCouldNotBeCalled() throws Exception {
        Outbound a = connection(frame -> arrived.add("a"));
        a.reserve(Piece.WHOLE, MOST);
        CompletableFuture<SendResult> waiting = sendWhenRoom(a, 10, false);
        loop.failNext();

        assertThatThrownBy(() -> a.unreserve(MOST)).isInstanceOf(OutOfMemoryError.class);

        assertThat(waiting.get(10, SECONDS)).isEqualTo(SendResult.QUEUED);
    }

    @Test
    void whereTheLoopCouldNotBeCalledForWhoWaitedOthersAreNotRefusedForThat() throws Exception {
        Outbound a = connection(frame -> arrived.add("" + frame.readableBytes()));
        a.reserve(Piece.WHOLE, MOST);
        CompletableFuture<SendResult> waiting = sendWhenRoom(a, 10, false);
        loop.failNext();
        assertThatThrownBy(() -> a.unreserve(MOST)).isInstanceOf(OutOfMemoryError.class);
        assertThat(waiting.get(10, SECONDS)).isEqualTo(SendResult.QUEUED);

        assertThat(a.reserve(Piece.WHOLE, 20)).isNotEqualTo(SendResult.DROPPED);

        a.enqueue(Unpooled.wrappedBuffer(new byte[20]), Piece.WHOLE, null);
        loop.turn();
        assertThat(arrived).containsExactly("10", "20");
    }

    @ParameterizedTest
    @EnumSource(
            value = Piece.class,
            names = {"FIRST", "LAST"})
    void aFragmentIsPartOfItsMessageThoughTheLoopCouldNotBeCalled(Piece piece) {
        Outbound a = connection(frame -> {});
        if (piece == Piece.LAST) enqueue(a, Piece.FIRST);
        loop.turn();
        loop.failNext();

        assertThatThrownBy(() -> enqueue(a, piece)).isInstanceOf(OutOfMemoryError.class);

        assertThat(a.isMessageOpen()).isEqualTo(piece == Piece.FIRST);
    }

    @Test
    void whatGoesWrongAfterAWriteIsToldToTheConnection() {
        EmbeddedChannel channel = new EmbeddedChannel();
        Outbound a = connection(channel, turnOf(channel));
        write(a);
        a.whenWritten(() -> {
            throw new IllegalStateException("after the write");
        });

        a.flush();

        assertThatThrownBy(channel::checkException).hasMessage("after the write");
        channel.releaseOutbound();
    }

    @ParameterizedTest(name = "behind {0}")
    @ValueSource(ints = {0, 1})
    void aFrameWhoseKeyCannotBeComparedIsNotTaken(int waiting) {
        Outbound a = connection(frame -> arrived.add("a"));
        for (int i = 0; i < waiting; i++) send(a, 1, "key");
        ByteBuf frame = Unpooled.wrappedBuffer(new byte[10]);
        a.reserve(Piece.WHOLE, 10);

        assertThatThrownBy(() -> a.enqueue(frame, Piece.WHOLE, new Incomparable()))
                .isInstanceOf(IllegalStateException.class);

        assertThat(frame.refCnt()).isZero();
        assertThat(a.queuedBytes()).isEqualTo(waiting);
        send(a, 1);
        loop.turn();
        assertThat(arrived).hasSize(waiting + 1);
    }

    @Test
    void aKeyIsComparedBeforeRoomIsExchangedAndNotAgain() {
        Outbound a = connection(frame -> arrived.add(frame.readableBytes() + " bytes"));
        send(a, 10, "key");

        assertThat(a.replace(new ComparableOnce("key"), Unpooled.wrappedBuffer(new byte[1])))
                .isEqualTo(SendResult.SENT);

        loop.turn();
        assertThat(arrived).containsExactly("1 bytes");
    }

    @Test
    void aKeyThatChangesWhileItsMessageWaitsLeavesNothingBehind() {
        Outbound a = connection(frame -> arrived.add("a"));
        List<String> key = new ArrayList<>(List.of("before"));
        send(a, 1, key);
        key.set(0, "after");
        loop.turn();
        key.set(0, "before");
        ByteBuf frame = Unpooled.wrappedBuffer(new byte[1]);

        assertThat(a.replace(key, frame)).isEqualTo(SendResult.DROPPED);

        assertThat(frame.refCnt()).isOne();
        assertThat(arrived).containsExactly("a");
    }

    @Test
    void whatWaitsByItselfHoldsUpTheShortWaysNoLongerThanItWaits() {
        Outbound a = connection(frame -> arrived.add(frame.readableBytes() + " bytes"));
        send(a, 1, "key");
        enqueue(a, Piece.FIRST);
        loop.turn();
        assertThat(answersStraight(a)).isFalse(); // it would stand inside the unfinished message
        join(a);
        join(a);
        enqueue(a, Piece.LAST);
        loop.turn();

        join(a);
        join(a);
        loop.turn();

        assertThat(answersStraight(a)).isTrue();
        assertThat(arrived).containsExactly("1 bytes", "1 bytes", "1 bytes", "1 bytes", "1 bytes", "2 bytes");
    }

    @Test
    void whereThePolicyHasMessagesGiveWayTheyWaitOneByOneForGood() {
        Outbound a = connection(frame -> arrived.add(frame.readableBytes() + " bytes"));
        a.holdBack();
        send(a, 1, "key");
        loop.turn();

        join(a);
        join(a);
        loop.turn();

        assertThat(answersStraight(a)).isFalse();
        assertThat(arrived).containsExactly("1 bytes", "1 bytes", "1 bytes");
    }

    @Test
    void asManyGiveWayAsTheBudgetNeedsToo() {
        Outbound a = connection(frame -> {}, 65_000);
        a.holdBack();
        for (int i = 0; i < 15; i++) send(a, 4000);
        share.takeAnyway(250); // so that no more units are for this one

        SendResult result = a.reserveFromOldest(Piece.WHOLE, 8000, () -> arrived.add("gave way"));

        assertThat(result).isNotEqualTo(SendResult.DROPPED);
        assertThat(arrived).hasSize(2);
        assertThat(a.queuedBytes()).isEqualTo(15 * 4000);
    }

    @Test
    void noneGivesWayWhenTheBudgetHasNoRoomAllTheSame() {
        Outbound a = connection(frame -> {}, 75_000);
        a.holdBack();
        a.reserve(Piece.WHOLE, 50_000); // under way
        for (int i = 0; i < 3; i++) send(a, 4000);
        share.takeAnyway(300);

        SendResult result = a.reserveFromOldest(Piece.WHOLE, 20_000, () -> arrived.add("gave way"));

        assertThat(result).isEqualTo(SendResult.DROPPED);
        assertThat(arrived).isEmpty();
        assertThat(a.queuedBytes()).isEqualTo(62_000);
    }

    @Test
    void noMoreGivesWayToAFragmentThanItNeeds() {
        Outbound a = unfinished(1000);
        for (int i = 0; i < 4; i++) enqueueBehindUnfinished(a, 100, null);

        SendResult result = a.reserveFromOldest(Piece.MIDDLE, 600, () -> arrived.add("gave way"));

        assertThat(result).isNotEqualTo(SendResult.DROPPED);
        assertThat(arrived).hasSize(1);
        assertThat(a.queuedBytes()).isEqualTo(10 + 3 * 100 + 600);
    }

    @Test
    void howeverManyThreadsSendWholeMessagesLeaveHalfToTheUnfinishedOneTheyWaitFor() {
        Outbound a = unfinished(1000);

        long taken = IntStream.range(0, 100)
                .parallel()
                .filter(_ -> enqueueBehindUnfinished(a, 50, null) != SendResult.DROPPED)
                .count();

        assertThat(taken).isEqualTo(10);
        assertThat(a.queuedBytes()).isEqualTo(510);
    }

    @Test
    void aLongMessageDoesNotTakeTheRoomOfFragmentsInThePlaceOfAShortOne() {
        Outbound a = unfinished(1000);
        enqueueBehindUnfinished(a, 10, "key");
        ByteBuf tooLong = Unpooled.wrappedBuffer(new byte[501]);

        assertThat(a.replace("key", tooLong)).isEqualTo(SendResult.DROPPED);

        assertThat(tooLong.refCnt()).isOne();
        assertThat(a.replace("key", Unpooled.wrappedBuffer(new byte[500]))).isNotEqualTo(SendResult.DROPPED);
        assertThat(a.queuedBytes()).isEqualTo(510);
    }

    /** A connection with the first fragment of a message, of 10 bytes. */
    private Outbound unfinished(int maxQueuedBytes) {
        Outbound outbound = connection(frame -> {}, maxQueuedBytes);
        outbound.reserve(Piece.FIRST, 10);
        outbound.enqueue(Unpooled.wrappedBuffer(new byte[10]), Piece.FIRST, null);
        return outbound;
    }

    private static SendResult enqueueBehindUnfinished(Outbound outbound, int bytes, @Nullable Object key) {
        return outbound.enqueueBehindUnfinished(Unpooled.wrappedBuffer(new byte[bytes]), key, false, () -> {});
    }

    /** Waits for room in a thread of its own, and until it does. */
    private CompletableFuture<SendResult> sendWhenRoom(Outbound outbound, int bytes, boolean fails)
            throws InterruptedException {
        CompletableFuture<SendResult> result = new CompletableFuture<>();
        Thread sender = Thread.ofPlatform().start(() -> {
            try {
                result.complete(outbound.sendWhenRoom(
                        Piece.WHOLE,
                        bytes,
                        fails ? OutboundTest::noMemory : () -> Unpooled.wrappedBuffer(new byte[bytes]),
                        SECONDS.toNanos(20)));
            } catch (InterruptedException | OutOfMemoryError failed) {
                result.completeExceptionally(failed);
            }
        });
        while (!result.isDone() && sender.getState() != Thread.State.TIMED_WAITING) {
            Thread.sleep(1);
        }
        return result;
    }

    private static ByteBuf noMemory() {
        throw new OutOfMemoryError("no memory, as a test has it");
    }

    private LoopTurn turnOf(EmbeddedChannel channel) {
        return new LoopTurn(channel.eventLoop(), loop, share, Duration.ZERO);
    }

    private static Outbound connection(Channel channel, LoopTurn turn) {
        return connection(channel, turn, MOST);
    }

    private static Outbound connection(Channel channel, LoopTurn turn, int maxQueuedBytes) {
        return new Outbound(
                channel,
                turn,
                new Traffic(new LoopTime(TIME, TIME::nanoTime), new LoopCounts()),
                new SendLimits(maxQueuedBytes, maxQueuedBytes, 0),
                new Nobody());
    }

    private Outbound connection(Consumer<ByteBuf> sequencer) {
        return connection(sequencer, MOST);
    }

    private Outbound connection(Consumer<ByteBuf> sequencer, int maxQueuedBytes) {
        Outbound outbound = connection(loop.channel(), turn, maxQueuedBytes);
        loop.execute(() -> outbound.sequenceArrivals(sequencer));
        loop.turn();
        return outbound;
    }

    /** True when the loop may answer past the line; takes the room for it. */
    private boolean answersStraight(Outbound outbound) {
        AtomicBoolean straight = new AtomicBoolean();
        loop.execute(() -> straight.set(outbound.reserveStraight(1)));
        loop.turn();
        return straight.get();
    }

    private static void enqueue(Outbound outbound, Piece piece) {
        outbound.reserve(piece, 1);
        outbound.enqueue(Unpooled.wrappedBuffer(new byte[1]), piece, null);
    }

    private static void join(Outbound outbound) {
        outbound.reserve(Piece.WHOLE, 1);
        outbound.join(1, into -> into.writeByte(0));
    }

    private static void send(Outbound outbound, int bytes) {
        send(outbound, bytes, null);
    }

    private static void send(Outbound outbound, int bytes, @Nullable Object key) {
        outbound.reserve(Piece.WHOLE, bytes);
        outbound.enqueue(Unpooled.wrappedBuffer(new byte[bytes]), Piece.WHOLE, key);
    }

    private static void write(Outbound outbound) {
        outbound.reserve(Piece.WHOLE, 1);
        outbound.room(1).writeByte(0);
    }

    private static final class Incomparable {
        @Override
        public boolean equals(@Nullable Object other) {
            throw new IllegalStateException("cannot be compared");
        }

        @Override
        public int hashCode() {
            throw new IllegalStateException("cannot be compared");
        }
    }

    private static final class ComparableOnce {
        private final String key;
        private boolean compared;

        ComparableOnce(String key) {
            this.key = key;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            if (compared) throw new IllegalStateException("compared again");
            compared = true;
            return key.equals(other);
        }

        @Override
        public int hashCode() {
            return key.hashCode();
        }
    }

    private static final class Nobody implements Outbound.Owner {
        @Override
        public void drained() {}

        @Override
        public void stuck() {}
    }
}
