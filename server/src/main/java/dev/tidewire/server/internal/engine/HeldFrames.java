package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Frames that wait one by one, so that each can still be taken back: they leave in their order, but for two exceptions. While a
 * message in fragments is unfinished, whole messages wait for its end and the rest does not (RFC 6455 §5.4). And a message that
 * takes the place of an earlier one with its key leaves in that one's turn.
 *
 * <p>Threads: those that hold the monitor of the {@link WaitingLine}.
 */
final class HeldFrames {
    /** About what a frame costs in memory besides its bytes. */
    private static final int HELD_BYTES = 256;

    private static final int FRAMES_PER_UNIT = SendBudget.UNIT_BYTES / HELD_BYTES;

    private final SendBudget.Share share;
    private final ArrayDeque<Held> messages = new ArrayDeque<>();
    /** Fragments and control frames, which stay whatever happens. */
    private final ArrayDeque<Held> others = new ArrayDeque<>(4);

    private @Nullable Map<Key, Held> latest;
    private long places;
    private int messageBytes;
    /** Also read without the monitor, where a value of a moment ago will do. */
    private int count;

    private boolean openAtEnd;
    private boolean openAtFront;

    HeldFrames(SendBudget.Share share) {
        this.share = share;
    }

    /** Takes a frame; {@code key} is null for one that none may replace. */
    void add(ByteBuf frame, Piece piece, @Nullable Object key) {
        Key own = key == null ? null : new Key(key);
        Held held = new Held(frame, piece, own, places++);
        if (own != null) keep(own, held); // first: it calls the application's code
        if (++count % FRAMES_PER_UNIT == 0) share.takeAnyway(1);
        if (piece == Piece.WHOLE) {
            messages.add(held);
            messageBytes += frame.readableBytes();
        } else {
            others.add(held);
        }
        if (piece.isFragment()) openAtEnd = piece != Piece.LAST;
    }

    private void keep(Key key, Held held) {
        if (latest == null) latest = new HashMap<>();
        latest.put(key, held);
    }

    /** What waits with this key; null when nothing does. */
    @Nullable
    Held find(Object key) {
        return latest == null ? null : latest.get(new Key(key));
    }

    /** Takes a frame in the place of one that waits, which it gives. */
    ByteBuf replace(Held held, ByteBuf frame) {
        ByteBuf before = held.frame;
        held.frame = frame;
        messageBytes += frame.readableBytes() - before.readableBytes();
        return before;
    }

    /** Gives the frame whose turn it is; null when there is none, or it waits for the end of an unfinished message. */
    @Nullable
    ByteBuf poll() {
        Held message = messages.peek();
        Held other = others.peek();
        if (other != null && (openAtFront || message == null || other.place < message.place)) {
            others.poll();
            oneLess();
            if (other.piece.isFragment()) openAtFront = other.piece != Piece.LAST;
            return other.frame;
        }
        return openAtFront ? null : oldestMessage();
    }

    /** Lends the whole messages, the one that has waited longest first. */
    Iterator<ByteBuf> messages() {
        return messages.stream().map(held -> held.frame).iterator();
    }

    /** Gives the whole message that has waited longest; null when none waits. */
    @Nullable
    ByteBuf oldestMessage() {
        Held message = messages.poll();
        if (message == null) return null;
        oneLess();
        messageBytes -= message.frame.readableBytes();
        if (latest != null && message.key != null) latest.remove(message.key, message);
        return message.frame;
    }

    /** What the frames cost the server's budget besides their bytes. */
    int units() {
        return count / FRAMES_PER_UNIT;
    }

    private void oneLess() {
        if (count-- % FRAMES_PER_UNIT == 0) share.give(1);
    }

    /** Bytes of the whole messages that wait. */
    int messageBytes() {
        return messageBytes;
    }

    /** True when the last fragment that came was not the last of its message. */
    boolean isOpenAtEnd() {
        return openAtEnd;
    }

    /** True when the last fragment that left was not the last of its message. */
    boolean isOpenAtFront() {
        return openAtFront;
    }

    boolean isEmpty() {
        return messages.isEmpty() && others.isEmpty();
    }

    /** Gives all of them up. */
    void clear(Consumer<ByteBuf> discard) {
        share.give(units());
        count = 0;
        messages.forEach(held -> discard.accept(held.frame));
        others.forEach(held -> discard.accept(held.frame));
        messages.clear();
        others.clear();
        latest = null;
        messageBytes = 0;
    }

    /** The application's key, with the hash that it had: it is found again, though it may have changed meanwhile. */
    private static final class Key {
        private final Object key;
        private final int hash;

        Key(Object key) {
            this.key = key;
            this.hash = key.hashCode();
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key that && hash == that.hash && key.equals(that.key);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** A frame that waits. */
    static final class Held {
        private final Piece piece;
        private final @Nullable Key key;
        private final long place;
        private ByteBuf frame;

        private Held(ByteBuf frame, Piece piece, @Nullable Key key, long place) {
            this.frame = frame;
            this.piece = piece;
            this.key = key;
            this.place = place;
        }

        int bytes() {
            return frame.readableBytes();
        }
    }
}
