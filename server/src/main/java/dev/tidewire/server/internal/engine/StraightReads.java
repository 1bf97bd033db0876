package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.uring.IoUringIoEvent;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.channel.uring.IoUringIoOps;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Receives for a connection with long messages, straight into the arrays that the application gets (ADR-0028).
 *
 * <p>Where the kernel receives unasked ({@link ReceiveRing}) it fills buffer after buffer before the loop sees the first of them, and a
 * long message is no longer in the processor's cache when it is copied. So a connection leaves the ring when a long frame has
 * begun, is waited for with a poll, and goes back when no more come. Elsewhere the rest of a frame is received within the
 * read that brought its beginning.
 *
 * <p>Nothing may be received here while a buffer of the ring, with what came before, is still on its way through Netty. Netty is asked to
 * stop, but for reasons of its own may receive again. So what the socket ever gave is compared with what arrived.
 *
 * <p>Threads: the connection's loop.
 */
final class StraightReads implements IoUringIoHandle {
    /** When so much has been read for one connection the others have their turn; what is asked for last may come on top of it. */
    private static final int TURN_BYTES = 1024 * 1024;
    /** What is received at once where no payload is known to come; a message's first part is in it. */
    private static final int SHORT_READ_BYTES = 64 * 1024;
    /** The end of a payload that is shorter than this is received with what comes behind it. */
    private static final int SHORT_ROOM_BYTES = 16 * 1024;
    /** After so many turns without a long payload, or with something still on its way, it goes back to the ring. */
    private static final int PATIENCE = 64;

    private static final byte POLL_ADD = 6;
    private static final byte ASYNC_CANCEL = 14;
    private static final int POLLIN = 1;
    private static final int POLLRDHUP = 0x2000;

    private final Connection connection;
    private final Channel channel;
    private final FileDescriptor socket;
    private final Intake intake;
    private final boolean onRing;
    private @Nullable IoRegistration registration;

    /** The poll that is under way, or 0. */
    private long poll;

    /** Of {@link #TURN_BYTES}, in this turn. */
    private int left = TURN_BYTES;

    private boolean active;
    private boolean over;
    private int turnsInVain;
    private int missed;

    StraightReads(Connection connection, FileDescriptor socket, Intake intake) {
        this.connection = connection;
        this.channel = connection.channel();
        this.socket = socket;
        this.intake = intake;
        this.onRing = ReceiveRing.isUsedBy(channel);
    }

    /** A long frame has begun, and all that Netty has read was given to {@code intake}. */
    void begin() {
        if (onRing) {
            leaveRing();
        } else {
            receive();
        }
    }

    /** The others have had their turn. */
    void turnEnds() {
        left = TURN_BYTES;
    }

    private void receive() {
        // The handlers that have run meanwhile may have closed it, and its number be another socket's.
        while (left > 0 && channel.isActive() && !connection.isPaused() && (onRing ? active : intake.isLong())) {
            ByteBuffer room = intake.room();
            boolean isShort = room.remaining() < SHORT_ROOM_BYTES;
            if (isShort && !onRing) return;
            int asked = isShort ? SHORT_READ_BYTES : Math.min(room.remaining(), SocketCalls.CALL_BYTES);
            int received = isShort ? receiveShort() : receive(room);
            // Handlers have run: a full submission queue may have let Netty's next read be done meanwhile.
            if (received < asked || (onRing && !hasAll())) return;
            left -= received;
        }
    }

    private int receive(ByteBuffer room) {
        int received = SocketCalls.receive(socket, room);
        if (received > 0) intake.filled(received);
        return received;
    }

    /** As Netty would. */
    private int receiveShort() {
        ByteBuf in = channel.alloc().directBuffer(SHORT_READ_BYTES, SHORT_READ_BYTES);
        int received = SocketCalls.receive(socket, in.internalNioBuffer(0, SHORT_READ_BYTES));
        if (received > 0) {
            channel.pipeline().fireChannelRead(in.writerIndex(received));
        } else {
            in.release();
        }
        return received;
    }

    /** Receives from now on. What Netty has received arrives first. */
    private void leaveRing() {
        if (active || over) return;
        active = true;
        turnsInVain = 0;
        channel.config().setAutoRead(false);
        if (registration == null) {
            ((IoEventLoop) connection.loop()).register(this).addListener(registered -> {
                registration = (IoRegistration) registered.getNow();
                if (registration == null) giveUp();
            });
            channel.closeFuture().addListener(closed -> forget());
        }
        // Behind Netty's request to stop: by the time this poll is answered, all that the kernel received before has
        // arrived.
        connection.later(this::goOn);
    }

    /** True while it receives in place of Netty. */
    boolean isActive() {
        return active;
    }

    /** Netty, though it was told to stop, asks the kernel to receive again because the ring was empty: it is told once more. */
    void ringWasEmptied() {
        if (!active) return;
        connection.later(() -> {
            if (!active || channel.config().isAutoRead()) return;
            channel.config().setAutoRead(true).setAutoRead(false);
        });
    }

    /** Goes on after a pause. */
    void goOn() {
        IoRegistration registered = registration;
        if (!active || poll != 0 || connection.isPaused() || !channel.isOpen() || registered == null) return;
        poll = registered.submit(operation(POLL_ADD, socket.intValue(), 0, POLLIN | POLLRDHUP));
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        IoUringIoEvent completed = (IoUringIoEvent) event;
        if (completed.opcode() != POLL_ADD) return;
        poll = 0;
        // What is kept of a pause is read first, and then we go on.
        if (!active || connection.isPaused() || Overrun.isUnderWay(connection)) return;
        if (completed.res() != POLLIN || channel.config().isAutoRead()) {
            giveUp(); // it is Netty that finds out what is wrong
        } else if (hasAll() && read()) {
            missed = 0;
            if (turnsInVain > PATIENCE) end();
            goOn();
        } else if (missed++ < PATIENCE) {
            goOn(); // what is on its way comes first
        } else {
            giveUp();
        }
    }

    /** True when nothing that was taken off the socket is still on its way. */
    private boolean hasAll() {
        return SocketCalls.takenBytes(socket) == connection.traffic().bytesReceived;
    }

    /** Returns false when nothing came. */
    private boolean read() {
        long before = connection.traffic().bytesReceived;
        turnsInVain = intake.isLong() ? 0 : turnsInVain + 1;
        connection.outbound().readBegins(0);
        try {
            receive();
        } catch (RuntimeException | Error failure) {
            channel.pipeline().fireExceptionCaught(failure);
        }
        channel.pipeline().fireChannelReadComplete();
        return connection.traffic().bytesReceived > before;
    }

    /** Netty receives again. */
    private void end() {
        active = false;
        // What a pause has kept is read first, and has Netty receive behind it.
        if (!connection.isPaused() && !Overrun.isUnderWay(connection))
            channel.config().setAutoRead(true);
    }

    private void giveUp() {
        over = true;
        end();
    }

    /** The kernel keeps a socket that is polled, and so the connection. */
    private void forget() {
        active = false;
        over = true;
        IoRegistration registered = registration;
        if (registered == null) return;
        if (poll != 0) registered.submit(operation(ASYNC_CANCEL, -1, poll, 0));
        registered.cancel();
    }

    private static IoUringIoOps operation(byte opcode, int descriptor, long address, int flags) {
        return new IoUringIoOps(
                opcode, (byte) 0, (short) 0, descriptor, 0, address, 0, flags, 0L, (short) 0, (short) 0, 0, 0);
    }

    /** The loop ends. */
    @Override
    public void close() {
        forget();
        channel.close();
    }
}
