package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.SendResult;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits before the loop takes it to be written: frames, in their order, and behind them senders that wait for room for theirs,
 * first come, first served.
 *
 * <p>Mostly frames are only on their way from other threads, and the loop takes all there are. While one that waits may have to give way, or
 * a message is unfinished, the line holds back: they are held one by one.
 *
 * <p>Threads: those that hold its monitor.
 */
final class WaitingLine {
    private static final int LEAST_JOINT_BYTES = 1024;
    /** What is copied together with other frames anyway. */
    private static final int MOST_JOINT_BYTES = SendBuffers.SHORT_BYTES;

    private final SendBudget.Share share;
    private final ArrayDeque<ByteBuf> passing = new ArrayDeque<>(0);
    /** The last of {@link #passing} when more frames may be written into it. */
    private @Nullable ByteBuf joint;

    private @Nullable HeldFrames held;
    private boolean alwaysHolds;
    private @Nullable ArrayDeque<Sender> senders;
    private boolean ended;

    WaitingLine(SendBudget.Share share) {
        this.share = share;
    }

    /** Holds frames one by one from now on. */
    void holdBack() {
        alwaysHolds = true;
        hold();
    }

    private void hold() {
        if (held == null) held = new HeldFrames(share);
    }

    /**
     * Has frames pass again when nothing needs to be held any more. On the loop, which reads without the monitor what is held.
     *
     * @return true when all only pass
     */
    boolean endHolding() {
        if (!alwaysHolds && held != null && held.isEmpty() && !held.isOpenAtEnd()) held = null;
        return held == null;
    }

    /** What is held; null while all only pass. */
    @Nullable
    HeldFrames held() {
        return held;
    }

    /** {@link HeldFrames#units}. Threads: any. */
    int heldUnits() {
        HeldFrames present = held; // the loop may end the holding meanwhile
        return present == null ? 0 : present.units();
    }

    /** Takes a frame. Fragments, and frames with a key, are held. */
    void add(ByteBuf frame, Piece piece, @Nullable Object key) {
        if (key != null || piece.isFragment()) hold();
        if (held == null) {
            passing.add(frame);
            joint = null;
        } else {
            held.add(frame, piece, key);
        }
    }

    /**
     * The buffer at the end of the line into which {@code bytes} of one more short message may be written, with others that are on
     * their way. Not while frames are held one by one.
     */
    ByteBuf joint(int bytes) {
        assert held == null;
        if (joint == null || joint.readableBytes() + bytes > MOST_JOINT_BYTES) {
            joint = SendBuffers.allocate(Math.max(bytes, LEAST_JOINT_BYTES));
            passing.add(joint);
        }
        return joint.ensureWritable(bytes); // all of it or nothing
    }

    /** Gives the next frame; of those that are held only when there is {@code room}. */
    @Nullable
    ByteBuf poll(boolean room) {
        ByteBuf frame = passing.poll();
        if (passing.isEmpty()) joint = null;
        return frame == null && room && held != null ? held.poll() : frame;
    }

    /** {@link HeldFrames#find}. */
    HeldFrames.@Nullable Held find(Object key) {
        return held == null ? null : held.find(key);
    }

    /** {@link HeldFrames#replace}. */
    ByteBuf replace(HeldFrames.Held before, ByteBuf frame) {
        return Objects.requireNonNull(held).replace(before, frame);
    }

    /** True when the last fragment that left was not the last of its message. */
    boolean isUnfinishedAtFront() {
        HeldFrames present = held; // another thread may begin the holding meanwhile
        return present != null && present.isOpenAtFront();
    }

    boolean isEmpty() {
        return passing.isEmpty() && (held == null || held.isEmpty());
    }

    /** Gives up the frames that wait. */
    void clear(Consumer<ByteBuf> discard) {
        passing.forEach(discard);
        passing.clear();
        joint = null;
        if (held != null) held.clear(discard);
    }

    void add(Sender sender) {
        if (senders == null) senders = new ArrayDeque<>(4);
        senders.add(sender);
    }

    void remove(Sender sender) {
        if (senders == null) return;
        senders.remove(sender);
        if (senders.isEmpty()) senders = null;
    }

    boolean hasSenders() {
        return senders != null;
    }

    /** True when a whole message has to wait for the end of an unfinished one, which needs the room more. */
    boolean keepsRoomForFragments() {
        return held != null && held.isOpenAtEnd();
    }

    /** Whose turn it is. While a message is unfinished that is only who goes on with it. */
    @Nullable
    Sender nextSender() {
        if (senders == null) return null;
        if (!keepsRoomForFragments()) return senders.peek();
        for (Sender sender : senders) {
            if (sender.piece != Piece.WHOLE) return sender;
        }
        return null;
    }

    /**
     * True when a frame has to wait behind somebody. A whole message does not for who goes on with an unfinished one, which it waits for
     * anyway, nor the rest of that one for whole messages.
     */
    boolean isTurnOfOthers(Piece piece) {
        if (senders == null) return false;
        if (piece.isContinuation()) return nextSender() != null;
        for (Sender sender : senders) {
            if (!sender.piece.isContinuation()) return true;
        }
        return false;
    }

    /** Takes no frame any more, and ends the waiting of senders. */
    void end() {
        ended = true;
        if (senders == null) return;
        senders.forEach(sender -> sender.end(SendResult.CLOSED));
        senders = null;
    }

    boolean hasEnded() {
        return ended;
    }

    /** A thread that waits until its frame has room. */
    static final class Sender {
        final int bytes;
        final Piece piece;
        final Supplier<ByteBuf> frame;
        private final Thread thread = Thread.currentThread();

        /** Set once, under the monitor of the line; read by its thread without. */
        private volatile @Nullable SendResult result;
        /** Likewise, in the place of a result. */
        private volatile @Nullable OutOfMemoryError failure;
        /** Likewise, but it may change. */
        private volatile boolean waitsForOthers;

        /** @param frame makes the frame, which must have {@code bytes}, once there is room */
        Sender(int bytes, Piece piece, Supplier<ByteBuf> frame) {
            this.bytes = bytes;
            this.piece = piece;
            this.frame = frame;
        }

        /**
         * What became of it; null while it waits.
         *
         * @throws OutOfMemoryError when there was none for its frame
         */
        @Nullable
        SendResult result() {
            OutOfMemoryError noMemory = failure;
            if (noMemory != null) throw noMemory;
            return result;
        }

        /** True when it waits for other connections to make room, of which nobody tells it. */
        boolean waitsForOthers() {
            return waitsForOthers;
        }

        /** Says for whom it waits; its thread looks by itself from now on when that is others. */
        void waitForOthers(boolean others) {
            boolean began = others && !waitsForOthers;
            waitsForOthers = others;
            if (began) LockSupport.unpark(thread);
        }

        void end(SendResult how) {
            result = how;
            LockSupport.unpark(thread);
        }

        void fail(OutOfMemoryError noMemory) {
            failure = noMemory;
            LockSupport.unpark(thread);
        }
    }
}
