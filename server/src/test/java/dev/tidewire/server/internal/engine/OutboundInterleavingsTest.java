package dev.tidewire.server.internal.engine;

import static dev.tidewire.server.internal.Interleavings.explore;
import static dev.tidewire.server.internal.Interleavings.require;
import static dev.tidewire.server.internal.Interleavings.shared;
import static dev.tidewire.server.internal.Interleavings.together;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.internal.Interleavings;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.testkit.FakeTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Interleavings.TAG)
class OutboundInterleavingsTest {
    private static final int MOST = 10;
    private static final int HIGH = 9;
    private static final int LOW = 2;
    private static final long PATIENCE = Duration.ofSeconds(1).toNanos();
    /** By their bytes. */
    private static final ByteBuf[] FRAMES = new ByteBuf[4];

    private static final FakeTime TIME = new FakeTime(0);
    private static final Traffic TRAFFIC = new Traffic(new LoopTime(TIME, TIME::nanoTime), new LoopCounts());

    static {
        for (int i = 0; i < FRAMES.length; i++) {
            FRAMES[i] = Unpooled.wrappedBuffer(new byte[i]);
        }
    }

    /** An outbound queue whose loop takes frames and sends them at once. */
    private static final class Queue implements Outbound.Owner {
        final PostingLoop loop;
        final LoopTurn turn;
        final AtomicInteger drained = new AtomicInteger();
        final List<ByteBuf> sent = new ArrayList<>();
        final Outbound outbound;

        Queue() {
            this(new PostingLoop());
        }

        private Queue(PostingLoop loop) {
            this(loop, new LoopTurn(loop.loop(), loop, new SendBudget(0).share(), Duration.ZERO));
        }

        private Queue(PostingLoop loop, LoopTurn turn) {
            this.loop = loop;
            this.turn = turn;
            outbound = new Outbound(loop.channel(), turn, TRAFFIC, new SendLimits(MOST, HIGH, LOW), this);
            loop.execute(() -> outbound.sequenceArrivals(this::sendNow));
            loop.turn();
        }

        /** The queue of another connection of the same loop. */
        Queue another() {
            return new Queue(loop, turn);
        }

        SendResult reserve(int bytes) {
            return outbound.reserve(Piece.WHOLE, bytes);
        }

        void send(int bytes) {
            send(bytes, null);
        }

        void send(int bytes, @Nullable Object key) {
            reserve(bytes);
            outbound.enqueue(FRAMES[bytes], Piece.WHOLE, key);
        }

        SendResult sendBlocking(int bytes) {
            try {
                return outbound.sendWhenRoom(Piece.WHOLE, bytes, () -> FRAMES[bytes], PATIENCE);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void close() {
            loop.execute(outbound::close);
            loop.turn();
        }

        private void sendNow(ByteBuf frame) {
            sent.add(frame);
            outbound.unreserve(frame.readableBytes());
        }

        @Override
        public void drained() {
            drained.incrementAndGet();
        }

        @Override
        public void stuck() {}
    }

    @Test
    @Tag(Interleavings.LONG)
    void ofTwoFramesThatDoNotFitTogetherOneGetsRoom() {
        explore(() -> {
            Queue queue = shared(new Queue());
            SendResult[] room = new SendResult[2];

            together(() -> room[0] = queue.reserve(6), () -> room[1] = queue.reserve(5));

            require((room[0] == SendResult.DROPPED) != (room[1] == SendResult.DROPPED), "one of them");
            require(queue.outbound.queuedBytes() == (room[0] == SendResult.DROPPED ? 5 : 6), "reserved");
        });
    }

    @Test
    void whoWasRefusedHearsThatTheQueueHasDrained() {
        explore(() -> {
            Queue queue = shared(new Queue());
            queue.reserve(8); // below the high mark
            SendResult[] room = new SendResult[1];

            together(() -> room[0] = queue.reserve(3), () -> queue.outbound.unreserve(8));

            require(queue.drained.get() == (room[0] == SendResult.DROPPED ? 1 : 0), "heard if refused");
            require(queue.reserve(1) == SendResult.SENT, "the peer keeps up again");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void thatTheQueueHasDrainedIsToldOnce() {
        explore(() -> {
            Queue queue = shared(new Queue());
            queue.reserve(MOST);

            together(() -> queue.outbound.unreserve(MOST - 1), () -> queue.outbound.unreserve(1));

            require(queue.drained.get() == 1, "once");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void aFrameThatComesWhileTheLoopFallsIdleLeavesAfterThoseBefore() {
        explore(() -> {
            Queue queue = shared(new Queue());
            queue.send(1);

            together(() -> queue.send(2), queue.loop::turn);
            queue.loop.turn(); // what is not posted by now never leaves

            require(queue.sent.equals(List.of(FRAMES[1], FRAMES[2])), "each once and in order");
            require(queue.outbound.queuedBytes() == 0, "and given back their room");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void aFrameThatComesWhileFramesStopWaitingOneByOneLeavesAfterThoseBefore() {
        explore(() -> {
            Queue queue = shared(new Queue());
            queue.send(1, "a key");

            together(
                    () -> {
                        queue.send(2, "another key");
                        queue.send(3);
                    },
                    queue.loop::turn);
            queue.loop.turn();

            require(queue.sent.equals(List.of(FRAMES[1], FRAMES[2], FRAMES[3])), "each once and in order");
            require(queue.outbound.queuedBytes() == 0, "and given back their room");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void connectionsThatAreSentToAtOnceAreAllLookedAfter() {
        explore(() -> {
            Queue queue = shared(new Queue());
            Queue other = shared(queue.another());
            queue.send(1);

            together(() -> other.send(2), queue.loop::turn);
            queue.send(3);
            queue.loop.turn();

            require(queue.sent.equals(List.of(FRAMES[1], FRAMES[3])), "each once and in order");
            require(other.sent.equals(List.of(FRAMES[2])), "and so is the other's");
        });
    }

    @Test
    void whoWaitsForRoomGetsItFromWhoeverMakesIt() {
        explore(() -> {
            Queue queue = shared(new Queue());
            queue.reserve(MOST);
            SendResult[] room = new SendResult[1];

            together(() -> room[0] = queue.sendBlocking(3), () -> queue.outbound.unreserve(MOST));

            require(room[0] != SendResult.DROPPED && queue.outbound.queuedBytes() == 3, "it was served");
            require(queue.reserve(MOST - 3) != SendResult.DROPPED, "nobody waits any more");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void whoWaitsForRoomIsSentAwayByTheEnd() {
        explore(() -> {
            Queue queue = shared(new Queue());
            queue.reserve(MOST);
            SendResult[] room = new SendResult[1];

            together(() -> room[0] = queue.sendBlocking(3), queue::close);

            require(room[0] == SendResult.CLOSED, "it is closed");
        });
    }
}
