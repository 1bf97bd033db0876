package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.SendResult;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.unix.FileDescriptor;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be written to one connection: bounded, and in the order it was given.
 *
 * <p>Room is reserved first, so the bound holds before anything is appended and whichever thread asks. On the loop, frames are
 * then written straight into the buffer that leaves at the end of the turn ({@link #room}); elsewhere they are encoded into
 * a buffer of their own, or stay in their array ({@link ArrayFrame}), and stand in line until the loop fetches them
 * ({@link #enqueue}). One write is under way at a time, and
 * its bytes count as queued until the socket has taken all of them.
 *
 * <p>A line that holds back gives the loop only about as much as the socket can take at once; what stays in
 * it can still give way to something else.
 *
 * <p>Threads that wait for room are served in their order ({@link #sendWhenRoom}): whoever makes room hands it on to the first of
 * them and puts its frame into the line, and meanwhile nobody else can reserve any.
 *
 * <p>Threads: those methods that do not assert otherwise may be called by any.
 */
public final class Outbound implements ChannelFutureListener {
    /** Queued bytes from which pings are not answered one by one: about what a socket takes at once. */
    private static final int CONGESTED_BYTES = 64 * 1024;
    /** A shared buffer grows up to this; more bytes go into another one. */
    private static final int BATCH_BYTES = 64 * 1024;
    /** Once it comes to so much, a write is begun without the rest. */
    private static final int WRITE_BYTES = 4 * BATCH_BYTES;

    private static final int SMALLEST_BATCH_BYTES = 256;
    /** From here on a frame gets a buffer of its own sooner than what is before it is copied into a larger one. */
    private static final int ROOMY_BYTES = 8 * 1024;
    /** Up to this, frames from other threads share a buffer. */
    private static final int JOINED_BYTES = 512;
    /** How long a sender that waits for other connections to make room waits before it looks again. */
    private static final long OTHERS_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final VarHandle QUEUED = Handles.find(MethodHandles.lookup(), "queued", long.class);
    /** In {@link #queued}: a sender waits for room, which nobody else may take. */
    private static final long WAITED_FOR = 1L << 62;
    /** In {@link #queued}: the high mark was passed, or somebody refused, and the low mark not reached since. */
    private static final long HIGH = 1L << 61;
    /** In {@link #queued}: the number of bytes. */
    private static final long BYTES = HIGH - 1;

    private final Channel channel;
    private final LoopTurn turn;
    private final Traffic traffic;
    private final SendLimits limits;
    private final Owner owner;

    /**
     * Written through {@link #QUEUED} only: bytes reserved and not yet taken by the socket, and the two flags about them in the
     * same word, so that no change of the one can miss the other.
     */
    @SuppressWarnings("unused") // read and written through the handle
    private volatile long queued;

    /** Guarded by itself. */
    private final WaitingLine line;
    /** True when the loop might find something in the line; written under its monitor, read without. */
    private volatile boolean someWait;
    /** True from when the loop is called to look into the line until it does; set under the monitor. */
    private volatile boolean called;
    /** While called: who called before, in the list of {@link LoopCalls}, whose field this is. */
    @Nullable
    Outbound calledBefore;
    /** True when the line holds back; written under the monitor, read without by who may see it late. */
    private volatile boolean holding;

    private Consumer<ByteBuf> sequencer = this::append;

    private @Nullable ByteBuf tail;
    private @Nullable ArrayDeque<ByteBuf> full;
    private int expectedBytes = SMALLEST_BATCH_BYTES;
    private int batchBytes;
    private int writingBytes;
    private boolean reading;
    private boolean touched;
    private boolean closed;
    /** True when nothing more is to reach the socket. */
    private volatile boolean cut;

    /** True once something was lost on its way to the socket. */
    private boolean lost;

    private @Nullable Runnable endWhenFlushed;
    private @Nullable Runnable whenWritten;

    /** Where the {@link WriteWatch} has it; -1 for nowhere. */
    private int watchedAt = -1;

    private int looksInVain;
    private long unwrittenAtLook;

    Outbound(Channel channel, LoopTurn turn, Traffic traffic, SendLimits limits, Owner owner) {
        this.channel = channel;
        this.turn = turn;
        this.traffic = traffic;
        this.limits = limits;
        this.owner = owner;
        this.line = new WaitingLine(turn.share());
    }

    /** Who is told what becomes of the queue. */
    interface Owner {
        /** What waits was over the high mark, or refused somebody, and is down at the low mark. Threads: any. */
        void drained();

        /** The socket took nothing of a write for the whole of {@code writeTimeout}. Called on the loop. */
        void stuck();
    }

    /** Bytes accepted and not yet taken by the socket. */
    public int queuedBytes() {
        return (int) Math.min(Integer.MAX_VALUE, (long) QUEUED.getOpaque(this) & BYTES);
    }

    /**
     * A measure of what the socket has yet to take: it falls with every byte taken, also within a write and within what TLS
     * made of one, and is 0 when nothing is left.
     */
    long unwrittenBytes() {
        assertInLoop();
        return queuedBytes() + handedOverBytes();
    }

    /** True when something is on its way to the socket; what only waits in the line is not. */
    public boolean isUnderWay() {
        assertInLoop();
        return isWriting() || handedOverBytes() > 0;
    }

    /** True when a write of ours is under way or next, at whose end comes {@link #whenWritten}; bytes of TLS itself have no such end. */
    public boolean isWriting() {
        assertInLoop();
        return batchBytes > 0 || writingBytes > 0;
    }

    /** True when, at the end, the socket has not taken all that was on its way there. */
    public boolean isCutShort() {
        assertInLoop();
        return lost || batchBytes + writingBytes > 0;
    }

    /** A number that changes with every byte the socket takes, and with nothing else. */
    long takenMark() {
        return (traffic.bytesSent << 20) - handedOverBytes();
    }

    /** What the socket was given and has not taken. */
    private long handedOverBytes() {
        ChannelOutboundBuffer underWay = channel.unsafe().outboundBuffer();
        return underWay == null ? 0 : underWay.totalPendingWriteBytes() - underWay.currentProgress();
    }

    /**
     * Reserves room for a frame of {@code bytes}.
     *
     * @return {@code SENT}, or {@code QUEUED} when the peer does not keep up, or {@code DROPPED} when there is no room: the queue
     *     would pass its bound, or the server's budget is spent, or others have waited longer
     */
    SendResult reserve(Piece piece, int bytes) {
        boolean inTurn = piece != Piece.CONTROL && !isWaitedForItself(piece);
        return exchange(bytes, 0, limits.maxQueuedBytes(), inTurn);
    }

    /**
     * {@link #reserve} for a whole message that is written at once, where nothing waits, the line does not hold back, and room is not short: no mark is
     * reached, and nothing is drawn from the server's budget.
     *
     * @return false when that is not so, and nothing was reserved
     */
    public boolean reserveStraight(int bytes) {
        assertInLoop();
        if (closed || holding || someWait) return false;
        long before = (long) QUEUED.getOpaque(this);
        long now = before + bytes; // with a flag it is over every mark
        if (now >= limits.highQueuedBytes() || SendBudget.units(now) > SendBudget.units(before)) return false;
        return QUEUED.weakCompareAndSet(this, before, now);
    }

    /** True when the last fragment that was taken was not the last of its message. */
    public boolean isMessageOpen() {
        synchronized (line) {
            return line.keepsRoomForFragments();
        }
    }

    /** True for a fragment when all who wait for room wait for the end of its message. */
    boolean isWaitedForItself(Piece piece) {
        if (!piece.isContinuation() || !isWaitedFor()) return false;
        synchronized (line) {
            return !line.isTurnOfOthers(piece);
        }
    }

    /** Reserves room for a control frame, for which nobody has to wait. */
    public boolean reserveControl(int bytes) {
        return reserve(Piece.CONTROL, bytes) != SendResult.DROPPED;
    }

    /** Reserves room for {@code bytes} in the place of {@code freed} that were reserved. */
    private SendResult exchange(int bytes, int freed, int maxBytes, boolean inTurn) {
        while (true) {
            long before = (long) QUEUED.getVolatile(this);
            long had = before & BYTES;
            long now = had + bytes - freed;
            boolean turnedAway = inTurn && before >= WAITED_FOR;
            if (turnedAway || (bytes > freed && now > maxBytes) || !draw(had, now)) {
                if (refuse(before, bytes)) return SendResult.DROPPED;
                continue;
            }
            long after = now | (before & ~BYTES) | (now >= limits.highQueuedBytes() ? HIGH : 0);
            if (QUEUED.weakCompareAndSet(this, before, after)) {
                if (now < had) {
                    giveBack(had, now);
                    roomMade(after);
                }
                return (before & HIGH) == 0 ? SendResult.SENT : SendResult.QUEUED;
            }
            giveBack(now, had);
        }
    }

    /**
     * Has the refused one hear when the queue has drained, if it has something to drain and that can ever help.
     *
     * @return false when the queue is not as it was {@code before} any more: it may have drained meanwhile, which nobody would hear
     */
    private boolean refuse(long before, int bytes) {
        boolean done = (before & HIGH) != 0 || (before & BYTES) == 0 || bytes > limits.maxQueuedBytes();
        return done || QUEUED.weakCompareAndSet(this, before, before | HIGH);
    }

    private boolean draw(long had, long now) {
        long more = SendBudget.units(now) - SendBudget.units(had);
        if (holding && now > had && isTooMuchHeld(SendBudget.units(now))) return false;
        return more <= 0 || turn.share().take(SendBudget.units(had), more);
    }

    /** Short frames that wait one by one cost more than their bytes. */
    private boolean isTooMuchHeld(long units) {
        int heldUnits = line.heldUnits();
        return heldUnits > 0 && turn.share().isTooMuch(units + heldUnits);
    }

    private void giveBack(long had, long now) {
        long less = SendBudget.units(had) - SendBudget.units(now);
        if (less > 0) turn.share().give(less);
    }

    /** Reserves room past the bound, for the few bytes the protocol owes the peer. */
    public void reserveAnyway(int bytes) {
        long had = (long) QUEUED.getAndAdd(this, (long) bytes) & BYTES;
        long more = SendBudget.units(had + bytes) - SendBudget.units(had);
        if (more > 0) turn.share().takeAnyway(more);
    }

    /** Gives back room that was reserved and is not needed. */
    public void unreserve(int bytes) {
        if (bytes < 0) {
            reserveAnyway(-bytes);
        } else {
            roomMade(takeBack(bytes));
        }
    }

    /** {@link #unreserve} without telling those who wait; gives what {@link #queued} is then. */
    private long takeBack(int bytes) {
        long before = (long) QUEUED.getAndAdd(this, (long) -bytes);
        giveBack(before & BYTES, (before & BYTES) - bytes);
        return before - bytes;
    }

    private void roomMade(long now) {
        if ((now & (WAITED_FOR | HIGH)) == 0) return;
        if ((now & HIGH) != 0) tellDrained();
        if ((now & WAITED_FOR) != 0) {
            synchronized (line) {
                serveSenders();
            }
        }
    }

    /** Once for each time that the low mark is reached from above, whoever sees it first. */
    private void tellDrained() {
        while (true) {
            long before = (long) QUEUED.getVolatile(this);
            if ((before & HIGH) == 0 || (before & BYTES) > limits.lowQueuedBytes()) return;
            if (QUEUED.weakCompareAndSet(this, before, before & ~HIGH)) {
                owner.drained();
                return;
            }
        }
    }

    /** The turns of its loop. */
    LoopTurn turn() {
        return turn;
    }

    /** What {@link #reserve} holds a frame to. */
    SendLimits limits() {
        return limits;
    }

    /** True while a thread waits for room, so that all others are refused. */
    boolean isWaitedFor() {
        return (long) QUEUED.getVolatile(this) >= WAITED_FOR;
    }

    /** True when so much waits that the peer is not keeping up. */
    public boolean isCongested() {
        return queuedBytes() >= CONGESTED_BYTES;
    }

    /** True when as much waits as makes the peer one that does not keep up. */
    boolean isBehind() {
        return queuedBytes() >= limits.highQueuedBytes();
    }

    /** Has frames wait one by one, so that they can give way, while the peer does not keep up; from now on. */
    public void holdBack() {
        synchronized (line) {
            line.holdBack();
            holding = true;
        }
    }

    /**
     * Reserves room for {@code bytes} where whole messages that wait give way, the oldest first, as many as needed and none when
     * that would not do.
     *
     * @param gaveWay told for each of them
     */
    SendResult reserveFromOldest(Piece piece, int bytes, Runnable gaveWay) {
        synchronized (line) {
            HeldFrames held = line.held();
            if (held == null || line.isTurnOfOthers(piece)) return SendResult.DROPPED;
            SendResult result = exchangeInLine(piece, bytes, 0, true);
            if (result != SendResult.DROPPED) return result;
            long needed = neededBytes(piece, bytes);
            if (needed > held.messageBytes()) return SendResult.DROPPED;
            int freed = 0;
            int count = 0;
            Iterator<ByteBuf> oldest = held.messages();
            while (result == SendResult.DROPPED && oldest.hasNext()) {
                freed += oldest.next().readableBytes();
                count++;
                // The budget may need more of them than the bound does.
                if (freed >= needed) result = exchangeInLine(piece, bytes, freed, true);
            }
            if (result != SendResult.DROPPED) giveWay(held, count, gaveWay);
            return result;
        }
    }

    /** What has to give way at least to a frame that was refused. */
    private long neededBytes(Piece piece, int bytes) {
        long over = Math.max(queuedBytes() + (long) bytes - limits.maxQueuedBytes(), overHalfBytes(piece, bytes));
        return over > 0 ? over : bytes; // for it is the server's budget that has no room
    }

    /** {@link #exchange} for a frame that may have to wait. Under the monitor of the line. */
    private SendResult exchangeInLine(Piece piece, int bytes, int freed, boolean inTurn) {
        int maxBytes = overHalfBytes(piece, bytes) <= freed ? limits.maxQueuedBytes() : 0;
        return exchange(bytes, freed, maxBytes, inTurn && line.isTurnOfOthers(piece));
    }

    /** By how much whole messages would pass half of the queue with one more; without an unfinished one they have all of it. */
    private long overHalfBytes(Piece piece, int bytes) {
        HeldFrames held = line.held();
        if (piece != Piece.WHOLE || held == null || !held.isOpenAtEnd()) return 0;
        return held.messageBytes() + (long) bytes - limits.halfBytes();
    }

    /**
     * What may be queued together with a frame that somebody waits to send. Who goes on with an unfinished message leaves half to
     * whole ones, which cannot leave before its end: else a stream would never let them in. Under the monitor of the line.
     */
    private int maxBytesWith(Piece piece, int bytes) {
        HeldFrames held = line.held();
        if (held == null || !piece.isContinuation()) return limits.maxQueuedBytes();
        long most = held.messageBytes() + (long) Math.max(bytes, limits.halfBytes());
        return (int) Math.min(limits.maxQueuedBytes(), most);
    }

    private static void giveWay(HeldFrames held, int count, Runnable gaveWay) {
        for (int i = 0; i < count; i++) {
            Objects.requireNonNull(held.oldestMessage()).release();
            gaveWay.run();
        }
    }

    /**
     * Takes a frame if one waits with this key and there is room for it in that one's place.
     *
     * @return {@code DROPPED} when there is none, or no room, and the frame was not taken
     */
    public SendResult replace(Object key, ByteBuf frame) {
        if (!holding) return SendResult.DROPPED;
        synchronized (line) {
            HeldFrames.Held before = line.find(key);
            if (before == null) return SendResult.DROPPED;
            SendResult room = exchangeInLine(Piece.WHOLE, frame.readableBytes(), before.bytes(), false);
            if (room != SendResult.DROPPED) line.replace(before, frame).release();
            return room;
        }
    }

    /**
     * Waits until there is room for a frame of {@code bytes}, behind all who wait already, and sends it. Not on a loop.
     *
     * @param frame makes the frame once there is room
     * @return {@code DROPPED} when there is none after {@code nanos}, or can never be; {@code CLOSED} when nothing can be sent any
     *     more
     */
    public SendResult sendWhenRoom(Piece piece, int bytes, Supplier<ByteBuf> frame, long nanos)
            throws InterruptedException {
        if (Thread.interrupted()) throw new InterruptedException();
        if (bytes > limits.maxQueuedBytes()) return SendResult.DROPPED;
        long deadline = System.nanoTime() + nanos;
        WaitingLine.Sender sender;
        synchronized (line) {
            if (line.hasEnded()) return SendResult.CLOSED;
            if (!line.hasSenders() && !(piece == Piece.WHOLE && line.keepsRoomForFragments())) {
                SendResult room = exchange(bytes, 0, maxBytesWith(piece, bytes), true);
                if (room != SendResult.DROPPED) {
                    stand(make(bytes, frame), piece, null);
                    callLoop();
                    return room;
                }
            }
            sender = new WaitingLine.Sender(bytes, piece, frame);
            line.add(sender);
            QUEUED.getAndBitwiseOr(this, WAITED_FOR);
            serveSenders(); // there may be room again, made before the flag was seen
        }
        return await(sender, deadline);
    }

    private SendResult await(WaitingLine.Sender sender, long deadline) throws InterruptedException {
        while (true) {
            SendResult result = sender.result();
            if (result != null) return result;
            long left = deadline - System.nanoTime();
            boolean interrupted = Thread.interrupted();
            if (left <= 0 || interrupted) return giveUp(sender, interrupted);
            LockSupport.parkNanos(this, sender.waitsForOthers() ? Math.min(left, OTHERS_NANOS) : left);
            if (sender.waitsForOthers()) {
                synchronized (line) {
                    serveSenders();
                }
            }
        }
    }

    private SendResult giveUp(WaitingLine.Sender sender, boolean interrupted) throws InterruptedException {
        SendResult inTheLastMoment;
        synchronized (line) {
            inTheLastMoment = sender.result();
            if (inTheLastMoment == null) {
                line.remove(sender);
                serveSenders(); // the next one may need less
            }
        }
        if (inTheLastMoment == null && interrupted) throw new InterruptedException();
        if (interrupted) Thread.currentThread().interrupt();
        return inTheLastMoment == null ? SendResult.DROPPED : inTheLastMoment;
    }

    /** Gives room to those who wait for it, in their order, as far as it goes. Under the monitor of the line. */
    private void serveSenders() {
        boolean served = false;
        for (WaitingLine.Sender next = line.nextSender(); next != null; next = line.nextSender()) {
            int maxBytes = maxBytesWith(next.piece, next.bytes);
            if (exchange(next.bytes, 0, maxBytes, false) == SendResult.DROPPED) {
                next.waitForOthers(queuedBytes() + (long) next.bytes <= maxBytes);
                break;
            }
            line.remove(next);
            try {
                stand(next.frame.get(), next.piece, null);
            } catch (OutOfMemoryError noMemory) {
                takeBack(next.bytes);
                next.fail(noMemory);
                tellDrained();
                continue;
            }
            next.end(SendResult.QUEUED);
            served = true;
        }
        if (!line.hasSenders()) QUEUED.getAndBitwiseAnd(this, ~WAITED_FOR);
        if (served) callLoop(); // last: it fails where there is no memory for that
    }

    /** Makes a frame of {@code bytes}, which were reserved. Without memory for it they are no longer. */
    public ByteBuf make(int bytes, Supplier<ByteBuf> frame) {
        try {
            return frame.get();
        } catch (OutOfMemoryError noMemory) {
            unreserve(bytes);
            throw noMemory;
        }
    }

    /** Takes a frame whose bytes were reserved, at the end of the line; with a key, in the place of one that waits with it. */
    public void enqueue(ByteBuf frame, Piece piece, @Nullable Object key) {
        synchronized (line) {
            if (line.hasEnded()) {
                discard(frame);
            } else {
                admit(frame, piece, key);
            }
        }
        fetchInLoop();
    }

    /**
     * Takes a whole message that is to wait for the end of an unfinished one, if there is room; else it stays the caller's.
     *
     * @param oldestGiveWay true when others that wait give way to it, of each of which {@code gaveWay} is told
     * @return {@code DROPPED} when there is no room, {@code CLOSED} when nothing is taken any more
     */
    SendResult enqueueBehindUnfinished(ByteBuf message, @Nullable Object key, boolean oldestGiveWay, Runnable gaveWay) {
        int bytes = message.readableBytes();
        SendResult room;
        synchronized (line) {
            if (line.hasEnded()) return SendResult.CLOSED;
            // Reserved and put into the line in one, so that several threads do not pass the half together.
            room = oldestGiveWay
                    ? reserveFromOldest(Piece.WHOLE, bytes, gaveWay)
                    : exchangeInLine(Piece.WHOLE, bytes, 0, true);
            if (room == SendResult.DROPPED) return room;
            admit(message, Piece.WHOLE, key);
        }
        fetchInLoop();
        return room;
    }

    private void fetchInLoop() {
        if (channel.eventLoop().inEventLoop()) fetch();
    }

    /** Puts a frame into the line, which has not ended, for the loop to find. Under its monitor. */
    private void admit(ByteBuf frame, Piece piece, @Nullable Object key) {
        ByteBuf replaced = place(frame, piece, key);
        if (replaced != null) {
            discard(replaced);
            return;
        }
        if (!channel.eventLoop().inEventLoop()) callLoop();
        // Whole messages may go on once the unfinished one is whole, and the rest of it once what was reserved is a
        // message that waits.
        if (line.hasSenders()) serveSenders();
    }

    /** Puts a frame into the line, and gives the one whose place it takes, if there is one. Under its monitor. */
    private @Nullable ByteBuf place(ByteBuf frame, Piece piece, @Nullable Object key) {
        try {
            HeldFrames.Held before = key == null ? null : line.find(key);
            if (before != null) return line.replace(before, frame);
            stand(frame, piece, key);
            return null;
        } catch (RuntimeException | Error failure) { // the application's, when its key cannot be compared
            discard(frame);
            throw failure;
        }
    }

    /** True for a frame so short that {@link #join} may take it. */
    public static boolean mayJoin(int bytes) {
        return bytes <= JOINED_BYTES;
    }

    /**
     * {@link #enqueue} for a short whole message from another thread: those on their way to the loop share a buffer, and come to the
     * {@linkplain #sequenceArrivals sequencer} together.
     *
     * @param writer writes the frame's bytes, which were reserved
     */
    public void join(int bytes, Consumer<ByteBuf> writer) {
        assert mayJoin(bytes);
        synchronized (line) {
            if (line.hasEnded()) {
                unreserve(bytes);
                return;
            }
            if (line.held() == null) {
                writer.accept(make(bytes, () -> line.joint(bytes)));
                if (!someWait) someWait = true;
                callLoop();
            } else {
                ByteBuf frame = make(bytes, () -> SendBuffers.allocate(bytes));
                writer.accept(frame);
                admit(frame, Piece.WHOLE, null);
            }
        }
    }

    /** Puts a frame into the line. Under its monitor. */
    private void stand(ByteBuf frame, Piece piece, @Nullable Object key) {
        line.add(frame, piece, key);
        if (!holding && line.held() != null) holding = true;
        if (!someWait) someWait = true;
    }

    /** Has the loop look into the line. Under its monitor. */
    private void callLoop() {
        if (called) return;
        called = true;
        turn.calls().add(this);
    }

    /** The loop looks into the line, as it was called to. What comes into it from now on calls again. */
    void answerCall() {
        called = false;
        fetch();
    }

    /** The loop could not be called. What waits is found when it is called next. */
    void callMissed() {
        called = false;
    }

    /** The loop has ended, and nobody will look. */
    void callFailed() {
        endLine();
    }

    /** Has frames from the line pass through {@code sequencer}, which must {@link #append} or {@link #discard} them. */
    public void sequenceArrivals(Consumer<ByteBuf> sequencer) {
        assertInLoop();
        this.sequencer = sequencer;
    }

    /**
     * Brings in what other threads have sent until now, so that what follows comes after it; when that is much, compressed or not, the rest
     * comes once the socket has taken some, or when the loop has looked after others.
     */
    public void fetch() {
        assertInLoop();
        int fetched = 0;
        for (ByteBuf frame = nextInLine(false); frame != null; frame = nextInLine(false)) {
            fetched += frame.readableBytes();
            sequencer.accept(frame);
            if (fetched >= WRITE_BYTES) {
                if (batchBytes + writingBytes == 0) turn.next(this::fetch); // for no write will end
                return;
            }
        }
    }

    private @Nullable ByteBuf nextInLine(boolean all) {
        if (!someWait) return null;
        synchronized (line) {
            ByteBuf frame = line.poll(all || batchBytes + writingBytes < holdAtBytes());
            if (frame == null) {
                someWait = !line.isEmpty();
                if (holding && line.endHolding()) holding = false;
            }
            return frame;
        }
    }

    /** Where so much was given to the socket, a line that holds back holds the rest. */
    private int holdAtBytes() {
        return (int) Math.min(BATCH_BYTES, (limits.maxQueuedBytes() + 1L) / 2);
    }

    /** True when a whole message or control frame may be written now, past the line. */
    public boolean isStraight() {
        return isStraight(null);
    }

    /** {@link #isStraight()}; with a key, only what the socket can take soon, for the rest may have to give way. */
    public boolean isStraight(@Nullable Object key) {
        assertInLoop();
        if (someWait) return false;
        if (!holding && key == null) return true;
        // Which message is unfinished here changes on the loop only.
        return batchBytes + writingBytes < holdAtBytes() && !line.isUnfinishedAtFront();
    }

    /**
     * Nothing more is to be sent but last words, which come next: brings in all that waits, ends the waiting of senders, and from now
     * on takes nothing from the line. What waits for the end of an unfinished message is given up.
     */
    public void finish() {
        assertInLoop();
        for (ByteBuf frame = nextInLine(true); frame != null; frame = nextInLine(true)) {
            sequencer.accept(frame);
        }
        endLine();
    }

    /** {@link #finish}, and gives up all that waits and was not given to the socket. */
    public void finishNow() {
        assertInLoop();
        flush(); // what has never waited leaves: it may be the answer to the handshake
        endLine();
        discardBatch();
    }

    private void endLine() {
        synchronized (line) {
            line.end();
            line.clear(this::discard);
            QUEUED.getAndBitwiseAnd(this, ~WAITED_FOR);
        }
    }

    private void discardBatch() {
        if (tail != null) tail.release();
        tail = null;
        if (full != null) full.forEach(ByteBuf::release);
        full = null;
        int bytes = batchBytes;
        batchBytes = 0;
        unreserve(bytes);
    }

    /** Takes a frame whose bytes were reserved. */
    public void append(ByteBuf frame) {
        assertInLoop();
        if (closed) {
            discard(frame);
            return;
        }
        try {
            toBatch(frame);
        } catch (OutOfMemoryError noMemory) {
            cutOff(); // whoever sent it does not hear that it was lost
            throw noMemory;
        }
    }

    private void toBatch(ByteBuf frame) {
        int bytes = frame.readableBytes();
        if (frame instanceof ArrayFrame array) {
            toBatch(array);
        } else if (bytes > SendBuffers.SHORT_BYTES) {
            shelve();
            full().add(frame);
            batchBytes += bytes;
            touch();
        } else if (tail == null && full == null && !frame.isWritable()) {
            tail = frame; // others may hold it, too: what comes behind it goes into another one
            batchBytes += bytes;
            touch();
        } else {
            try {
                room(bytes).writeBytes(frame);
            } finally {
                frame.release();
            }
        }
    }

    private void toBatch(ArrayFrame frame) {
        try {
            ByteBuf header = frame.header();
            room(header.readableBytes(), frame.readableBytes()).writeBytes(header);
            write(frame.payload());
        } finally {
            frame.release();
        }
    }

    /**
     * True when a frame for which {@code bytes} were just reserved would go to the socket out of its array in the loop's next turn, for
     * nothing else waits. Else it would keep its array, and be copied on the loop.
     */
    public boolean mayTakeArray(int bytes) {
        return queuedBytes() == bytes && SocketCalls.takesArrays(channel);
    }

    /** Releases a frame, whose bytes were reserved, unsent. */
    public void discard(ByteBuf frame) {
        unreserve(frame.readableBytes());
        frame.release();
    }

    /**
     * Lends a buffer to which exactly {@code bytes}, which were reserved, are now to be written; they leave with the rest of
     * the turn. Not once {@link #isClosed closed}. Without memory for it they are no longer reserved.
     */
    public ByteBuf room(int bytes) {
        return room(bytes, bytes);
    }

    /** {@link #room(int)} for the beginning of what was reserved, all of which is given back when there is no memory. */
    public ByteBuf room(int bytes, int reserved) {
        assertInLoop();
        try {
            touch();
            ByteBuf into = tailWithRoom(bytes);
            batchBytes += bytes;
            return into;
        } catch (OutOfMemoryError noMemory) {
            unreserve(reserved);
            throw noMemory;
        }
    }

    private ByteBuf tailWithRoom(int bytes) {
        ByteBuf current = tail;
        if (current != null) {
            if (current.writableBytes() >= bytes) return current;
            int needed = current.readableBytes() + bytes;
            if (needed <= BATCH_BYTES && bytes < ROOMY_BYTES) return grow(current, needed);
        }
        ByteBuf fresh = SendBuffers.allocate(Math.max(expectedBytes, bytes));
        shelve();
        tail = fresh;
        return fresh;
    }

    private ByteBuf grow(ByteBuf small, int bytes) {
        int twice = Math.clamp(2L * small.capacity(), expectedBytes, BATCH_BYTES);
        ByteBuf large = SendBuffers.allocate(Math.max(twice, bytes)).writeBytes(small);
        small.release();
        tail = large;
        return large;
    }

    /**
     * Sends the rest of a frame, which was reserved and may be long, behind its beginning in {@link #room}. What the socket does not take
     * at once is copied, together with that beginning. Not once {@link #isClosed closed}.
     */
    public void write(byte[] bytes) {
        FileDescriptor socket = straightTo();
        int sent = socket != null && hasSentTail(socket) ? SocketCalls.send(socket, bytes) : 0;
        taken(sent);
        if (sent < bytes.length) keep(joined(bytes, sent));
    }

    /** The socket, when nothing is on its way to it but what is in the {@link #tail}; else null. */
    private @Nullable FileDescriptor straightTo() {
        return full == null && whenWritten == null ? freeSocket() : null;
    }

    /** The socket, when nothing is on its way to it and something may be. */
    private @Nullable FileDescriptor freeSocket() {
        // HTTP gives its answers to the channel itself, and some may be on their way.
        boolean isFree = writingBytes == 0 && !cut && handedOverBytes() == 0;
        return isFree ? SocketCalls.socket(channel) : null;
    }

    /** Puts {@code bytes} from {@code from} on into one buffer of the batch with what is before them. */
    private ByteBuf joined(byte[] bytes, int from) {
        ByteBuf before = tail;
        int rest = bytes.length - from;
        ByteBuf joined;
        try {
            joined = SendBuffers.allocate(rest + (before == null ? 0 : before.readableBytes()));
        } catch (OutOfMemoryError noMemory) {
            unreserve(rest);
            cutOff(); // of this frame the peer has the beginning, or would get it
            throw noMemory;
        }
        tail = null;
        if (before != null) {
            joined.writeBytes(before);
            before.release();
        }
        batchBytes += rest;
        return joined.writeBytes(bytes, from, rest);
    }

    /**
     * Leaves a buffer to be written: one that begins inside a frame only when the socket has the first part of that frame, and then it
     * is the next. So nothing cuts a frame in two that gives up some buffers of the batch.
     */
    private void keep(ByteBuf joined) {
        full().add(joined);
        touch();
    }

    private boolean hasSentTail(FileDescriptor socket) {
        ByteBuf before = tail;
        if (before == null) return true;
        int sent = SocketCalls.sendMore(socket, before);
        before.skipBytes(sent);
        batchBytes -= sent;
        taken(sent);
        if (before.isReadable()) return false;
        before.release();
        tail = null;
        return true;
    }

    private void taken(int bytes) {
        if (bytes == 0) return;
        traffic.sent(bytes);
        unreserve(bytes);
    }

    /** True when the connection is gone and nothing more may be given. */
    public boolean isClosed() {
        assertInLoop();
        return closed;
    }

    /**
     * Tells that a read batch begins or goes on: what is sent during it leaves at its end.
     *
     * @param bytes that are read now, and answered with about as many; 0 when that is not known yet
     */
    public void readBegins(int bytes) {
        reading = true;
        expectedBytes = Math.clamp(bytes, SMALLEST_BATCH_BYTES, SendBuffers.SHORT_BYTES);
    }

    /** Ends the read batch. */
    public void readEnds() {
        assertInLoop();
        reading = false;
        expectedBytes = SMALLEST_BATCH_BYTES;
        flush();
    }

    /**
     * Runs {@code end}, which ends our half of the stream, as soon as everything given so far has been taken by the socket; at once when
     * nothing waits. Last words that can be sent at once leave in one packet with that end.
     */
    public void endWhenFlushed(Runnable end) {
        assertInLoop();
        endWhenFlushed = end;
        FileDescriptor socket = tail == null ? null : straightTo();
        if (socket == null || !hasSentTail(socket)) handOver();
        endIfFlushed();
    }

    /** Runs {@code action} once the socket has taken the write that is under way or next; for the latest caller only. */
    public void whenWritten(Runnable action) {
        assertInLoop();
        whenWritten = action;
    }

    /** Writes what waits, unless a write is under way. */
    public void flush() {
        assertInLoop();
        if (hasToWrite() && !beginInRing()) writeThroughNetty(lastOfWrite());
    }

    /** {@link #flush}, where {@link #takenMark} is asked for next: it must not change when the socket takes nothing. */
    void handOver() {
        assertInLoop();
        if (hasToWrite()) writeThroughNetty(lastOfWrite());
    }

    private boolean hasToWrite() {
        return writingBytes == 0 && batchBytes > 0 && !closed;
    }

    private void writeThroughNetty(ByteBuf last) {
        channel.writeAndFlush(last).addListener(this);
        // What was written at once may have begun the next write, which is watched then.
        if (writingBytes > 0 && watchedAt < 0) turn.watch().add(this);
    }

    /** Begins to send what waits, if it is in one piece and can go past Netty; else false. */
    private boolean beginInRing() {
        SendRing ring = turn.ring();
        ByteBuf all = onlyPiece();
        if (ring == null || all == null) return false;
        FileDescriptor socket = freeSocket();
        if (socket == null || !ring.send(socket, all, this)) return false;
        tail = null;
        full = null;
        writingBytes = batchBytes;
        batchBytes = 0;
        return true;
    }

    private @Nullable ByteBuf onlyPiece() {
        if (full == null) return tail;
        return tail == null && full.size() == 1 ? full.peek() : null;
    }

    /** Of what the {@link SendRing} had the socket took {@code count} bytes. The rest goes the usual way, which finds out the reason. */
    void sent(ByteBuf all, int count) {
        if (count == writingBytes) {
            all.release();
            written(true);
            return;
        }
        writingBytes -= count;
        taken(count);
        writeThroughNetty(all.skipBytes(count));
    }

    /** What came after a send went wrong, and may be lost. */
    void failed(Throwable failure) {
        lost = true;
        cut();
        channel.pipeline().fireExceptionCaught(failure);
    }

    private void cutOff() {
        lost = true;
        cut();
        channel.close();
    }

    /** Has nothing more reach the socket: the channel is about to be closed, which takes Netty a moment. Threads: any. */
    void cut() {
        cut = true;
    }

    /** Moves what is to be written now from the batch to the channel, but for the last buffer, which it gives. */
    private ByteBuf lastOfWrite() {
        ByteBuf last = nextOfBatch();
        writingBytes = last.readableBytes();
        while (writingBytes < WRITE_BYTES && (full != null || tail != null)) {
            channel.write(last, channel.voidPromise());
            last = nextOfBatch();
            writingBytes += last.readableBytes();
        }
        batchBytes -= writingBytes;
        return last;
    }

    private ByteBuf nextOfBatch() {
        ByteBuf next;
        if (full == null) {
            next = tail;
            tail = null;
        } else {
            next = full.poll();
            if (full.isEmpty()) full = null;
        }
        return Objects.requireNonNull(next);
    }

    /** The write under way has ended. */
    @Override
    public void operationComplete(ChannelFuture write) {
        if (watchedAt >= 0) unwatched();
        if (!write.isSuccess()) {
            cutOff();
            endLine(); // whoever waits for room does not want this one
        }
        try {
            written(write.isSuccess());
        } catch (RuntimeException | Error failure) {
            failed(failure); // of which Netty would only write into its log
        }
    }

    private void written(boolean isSuccess) {
        int bytes = writingBytes;
        writingBytes = 0;
        if (isSuccess) traffic.sent(bytes);
        unreserve(bytes);
        if (isSuccess) {
            runWhenWritten();
            fetch();
            flush();
            endIfFlushed();
        }
    }

    /** The connection is gone: releases what was not sent and from now on discards what is given. */
    public void close() {
        assertInLoop();
        if (closed) return;
        closed = true;
        endWhenFlushed = null;
        whenWritten = null;
        endLine();
        discardBatch();
    }

    /** The {@link WriteWatch} has it in this place, with a new write. */
    void watched(int place) {
        watchedAt = place;
        looksInVain = 0;
        unwrittenAtLook = -1;
    }

    /** The {@link WriteWatch} has it in another place. */
    void movedTo(int place) {
        watchedAt = place;
    }

    private void unwatched() {
        turn.watch().remove(watchedAt);
        watchedAt = -1;
    }

    /** Looks how far the write under way is; at the {@code last} look in vain it is stuck. */
    void look(int last) {
        long unwritten = handedOverBytes();
        if (unwritten != unwrittenAtLook) {
            unwrittenAtLook = unwritten;
            looksInVain = 0;
        } else if (++looksInVain == last) {
            owner.stuck();
        }
    }

    void endOfTurn() {
        touched = false;
        flush();
    }

    private void touch() {
        if (reading || touched) return;
        turn.add(this);
        touched = true;
    }

    private void shelve() {
        if (tail == null) return;
        full().add(tail);
        tail = null;
    }

    private ArrayDeque<ByteBuf> full() {
        if (full == null) full = new ArrayDeque<>(4);
        return full;
    }

    private void runWhenWritten() {
        if (whenWritten == null) return;
        Runnable action = whenWritten;
        whenWritten = null;
        action.run();
    }

    private void endIfFlushed() {
        if (endWhenFlushed == null || batchBytes > 0 || writingBytes > 0) return;
        Runnable end = endWhenFlushed;
        endWhenFlushed = null;
        end.run();
    }

    private void assertInLoop() {
        assert channel.eventLoop().inEventLoop() : "must run on the connection's loop";
    }
}
