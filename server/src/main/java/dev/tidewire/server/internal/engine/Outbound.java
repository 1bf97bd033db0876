package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be written to one connection: bounded, and in the order it was given.
 *
 * <p>Room is reserved first, so the bound holds before anything is appended and whichever thread asks. On the loop, frames are
 * then written straight into the buffer that leaves at the end of the turn ({@link #room}); elsewhere they are encoded into
 * a buffer of their own that the loop fetches ({@link #arrive}). One write is under way at a time, and the bytes of a write
 * count as queued until the socket has taken all of them.
 *
 * <p>Threads: {@link #reserve}, {@link #arrive} and {@link #queuedBytes} any; the rest the connection's loop.
 */
public final class Outbound implements ChannelFutureListener {
    /** Queued bytes from which a send is told that it waits behind others: about what a socket takes at once. */
    private static final int CONGESTED_BYTES = 64 * 1024;
    /** A shared buffer grows up to this; more bytes go into another one. */
    private static final int BATCH_BYTES = 64 * 1024;

    private static final int SMALLEST_BATCH_BYTES = 256;

    private static final VarHandle QUEUED = Handles.find(MethodHandles.lookup(), "queued", int.class);

    private final Channel channel;
    private final LoopTurn turn;
    private final Traffic traffic;
    private final int maxQueuedBytes;

    /** Written through {@link #QUEUED} only: bytes reserved and not yet taken by the socket. */
    @SuppressWarnings("unused") // read and written through the handle
    private volatile int queued;

    /** Guarded by itself. */
    private final ArrayDeque<ByteBuf> arrived = new ArrayDeque<>(0);
    /** Written under that monitor; read without, so that a loop with nothing to fetch takes no lock. */
    private volatile boolean someArrived;

    private Consumer<ByteBuf> sequencer = this::append;

    private @Nullable ByteBuf tail;
    private @Nullable ArrayDeque<ByteBuf> full;
    private int batchBytes;
    private int writingBytes;
    private boolean reading;
    private boolean touched;
    private boolean closed;
    /** {@link #closed} for other threads. */
    private volatile boolean gone;

    private @Nullable Runnable whenFlushed;
    private @Nullable Runnable whenUncongested;

    /** Threads in {@link #awaitRoom}; changed under the monitor of {@link #arrived}. */
    private volatile int waiting;

    Outbound(Channel channel, LoopTurn turn, Traffic traffic, int maxQueuedBytes) {
        this.channel = channel;
        this.turn = turn;
        this.traffic = traffic;
        this.maxQueuedBytes = maxQueuedBytes;
    }

    /** Bytes accepted and not yet taken by the socket. */
    public int queuedBytes() {
        return (int) QUEUED.getOpaque(this);
    }

    /**
     * A measure of what the socket has yet to take: it falls with every byte taken, also within a write and within what TLS
     * made of one, and is 0 when nothing is left.
     */
    long unwrittenBytes() {
        assertInLoop();
        ChannelOutboundBuffer underWay = channel.unsafe().outboundBuffer();
        return queuedBytes() + (underWay == null ? 0 : underWay.totalPendingWriteBytes() - underWay.currentProgress());
    }

    /** A number that changes with every byte the socket takes, and with nothing else. */
    long takenMark() {
        ChannelOutboundBuffer underWay = channel.unsafe().outboundBuffer();
        long left = underWay == null ? 0 : underWay.totalPendingWriteBytes() - underWay.currentProgress();
        return (traffic.bytesSent << 20) - left;
    }

    /** Reserves room for {@code bytes} more, or says that the queue would pass its bound. */
    public boolean reserve(int bytes) {
        while (true) {
            int before = (int) QUEUED.getVolatile(this);
            if (bytes > maxQueuedBytes - before) return false;
            if (QUEUED.weakCompareAndSet(this, before, before + bytes)) return true;
        }
    }

    /** Reserves room past the bound, for the few bytes the protocol owes the peer. */
    public void reserveAnyway(int bytes) {
        QUEUED.getAndAdd(this, bytes);
    }

    /**
     * Waits until there is room for {@code bytes} more. Not on the loop.
     *
     * @return false when there is none after {@code nanos}, can never be, or the connection is gone
     */
    public boolean awaitRoom(int bytes, long nanos) throws InterruptedException {
        assert !channel.eventLoop().inEventLoop() : "the loop must not wait for itself";
        if (bytes > maxQueuedBytes) return false;
        long deadline = System.nanoTime() + nanos;
        synchronized (arrived) {
            waiting++;
            try {
                while (bytes > maxQueuedBytes - (int) QUEUED.getVolatile(this)) {
                    long left = deadline - System.nanoTime();
                    if (left <= 0 || gone) return false;
                    TimeUnit.NANOSECONDS.timedWait(arrived, left);
                }
                return !gone;
            } finally {
                waiting--;
            }
        }
    }

    /** True when so much waits that the peer is not keeping up. */
    public boolean isCongested() {
        return queuedBytes() >= CONGESTED_BYTES;
    }

    /** Takes a frame, whose bytes were reserved, from a thread that is not the loop. */
    public void arrive(ByteBuf frame) {
        synchronized (arrived) {
            arrived.add(frame);
            if (someArrived) return;
            someArrived = true;
        }
        try {
            channel.eventLoop().execute(this::fetch);
        } catch (RejectedExecutionException loopHasEnded) {
            discardArrived();
        }
    }

    /** Has frames from other threads pass through {@code sequencer}, which must {@link #append} or {@link #discard} them. */
    public void sequenceArrivals(Consumer<ByteBuf> sequencer) {
        assertInLoop();
        this.sequencer = sequencer;
    }

    /** Brings in what other threads have sent until now, so that what follows comes after it. */
    public void fetch() {
        assertInLoop();
        for (ByteBuf frame = nextArrived(); frame != null; frame = nextArrived()) {
            sequencer.accept(frame);
        }
    }

    private @Nullable ByteBuf nextArrived() {
        if (!someArrived) return null;
        synchronized (arrived) {
            ByteBuf frame = arrived.poll();
            if (frame == null) someArrived = false;
            return frame;
        }
    }

    private void discardArrived() {
        for (ByteBuf frame = nextArrived(); frame != null; frame = nextArrived()) {
            discard(frame);
        }
    }

    /** Takes a frame whose bytes were reserved. */
    public void append(ByteBuf frame) {
        assertInLoop();
        int bytes = frame.readableBytes();
        if (closed) {
            discard(frame);
        } else if (bytes <= BATCH_BYTES / 16) {
            room(bytes).writeBytes(frame);
            frame.release();
        } else {
            shelve();
            full().add(frame);
            batchBytes += bytes;
            touch();
        }
    }

    /** Releases a frame, whose bytes were reserved, unsent. */
    public void discard(ByteBuf frame) {
        unreserve(frame.readableBytes());
        frame.release();
    }

    /** Gives back room that was reserved and is not needed. */
    public void unreserve(int bytes) {
        QUEUED.getAndAdd(this, -bytes);
        if (waiting > 0) wakeWaiting();
    }

    private void wakeWaiting() {
        synchronized (arrived) {
            arrived.notifyAll();
        }
    }

    /**
     * Lends a buffer to which exactly {@code bytes}, which were reserved, are now to be written; they leave with the rest of
     * the turn. Not once {@link #isClosed closed}.
     */
    public ByteBuf room(int bytes) {
        assertInLoop();
        batchBytes += bytes;
        touch();
        ByteBuf current = tail;
        if (current != null) {
            if (current.readableBytes() + bytes <= BATCH_BYTES) return current.ensureWritable(bytes);
            shelve();
        }
        ByteBuf fresh = channel.alloc().directBuffer(Math.max(SMALLEST_BATCH_BYTES, bytes));
        tail = fresh;
        return fresh;
    }

    /** True when the connection is gone and nothing more may be given. */
    public boolean isClosed() {
        assertInLoop();
        return closed;
    }

    /** Tells that a read batch begins: what is sent during it leaves at its end. */
    public void readBegins() {
        reading = true;
    }

    /** Ends the read batch. */
    public void readEnds() {
        assertInLoop();
        reading = false;
        flush();
    }

    /** Runs {@code action} as soon as everything given so far has been taken by the socket; at once when nothing waits. */
    public void whenFlushed(Runnable action) {
        assertInLoop();
        whenFlushed = action;
        flush();
        runWhenFlushed();
    }

    /** Runs {@code action} once the peer keeps up again; for the latest caller only. */
    public void whenUncongested(Runnable action) {
        assertInLoop();
        whenUncongested = action;
    }

    /** Writes what waits, unless a write is under way. */
    public void flush() {
        assertInLoop();
        if (writingBytes > 0 || batchBytes == 0 || closed) return;
        writingBytes = batchBytes;
        batchBytes = 0;
        ByteBuf last = tail;
        tail = null;
        ArrayDeque<ByteBuf> before = full;
        full = null;
        if (before != null) {
            if (last == null) last = before.pollLast();
            for (ByteBuf buffer : before) {
                channel.write(buffer, channel.voidPromise());
            }
        }
        channel.writeAndFlush(last).addListener(this);
    }

    /** The write under way has ended. */
    @Override
    public void operationComplete(ChannelFuture write) {
        unreserve(writingBytes);
        if (write.isSuccess()) {
            traffic.sent(writingBytes);
        }
        writingBytes = 0;
        if (write.isSuccess()) {
            runWhenUncongested();
            flush();
            runWhenFlushed();
        } else {
            channel.close();
        }
    }

    /** The connection is gone: releases what was not sent and from now on discards what is given. */
    public void close() {
        assertInLoop();
        if (closed) return;
        closed = true;
        gone = true;
        whenFlushed = null;
        whenUncongested = null;
        if (tail != null) tail.release();
        tail = null;
        if (full != null) full.forEach(ByteBuf::release);
        full = null;
        unreserve(batchBytes);
        batchBytes = 0;
        discardArrived();
        wakeWaiting();
    }

    void endOfTurn() {
        touched = false;
        flush();
    }

    private void touch() {
        if (reading || touched) return;
        touched = true;
        turn.add(this);
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

    private void runWhenUncongested() {
        if (whenUncongested == null || isCongested()) return;
        Runnable action = whenUncongested;
        whenUncongested = null;
        action.run();
    }

    private void runWhenFlushed() {
        if (whenFlushed == null || batchBytes > 0 || writingBytes > 0) return;
        Runnable action = whenFlushed;
        whenFlushed = null;
        action.run();
    }

    private void assertInLoop() {
        assert channel.eventLoop().inEventLoop() : "must run on the connection's loop";
    }
}
