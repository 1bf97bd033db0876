package dev.tidewire.server.internal.engine;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.unix.Buffer;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.uring.IoUringIoEvent;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoOps;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sends of one event loop on io_uring, past Netty's queues and promises (ADR-0030): the kernel tries each once, together with all others
 * of the loop's turn, and does not wait for a socket that takes nothing. So what is under way here ends with the turn, whatever
 * the peer does.
 *
 * <p>None reaches a descriptor that belongs to somebody else by then: it is begun while its channel is active, so the request by which Netty
 * closes the socket comes behind it in the same ring.
 *
 * <p>Threads: its loop.
 */
final class SendRing implements IoUringIoHandle {
    private static final byte IORING_OP_SEND = 26;
    private static final byte NO_FLAGS = 0;
    private static final short NONE = 0;

    /** A place's number is what Netty hands through without a table of its own. */
    private static final int MOST_SENDS = Short.MAX_VALUE;

    private static final int FEW_SENDS = 64;

    private final IoEventLoop loop;
    private @Nullable IoRegistration registration;

    /** By place: what is sent, and by whom. */
    private @Nullable ByteBuf[] buffers = {};

    private @Nullable Outbound[] senders = {};
    /** The places, of which those from {@code used} on are free. */
    private short[] places = {};

    private int used;

    private SendRing(IoEventLoop loop) {
        this.loop = loop;
    }

    /** One for {@code loop}, or null when that has no ring. Threads: any. */
    static @Nullable SendRing of(EventLoop loop) {
        return loop instanceof IoEventLoop ring && ring.isIoType(IoUringIoHandler.class) ? new SendRing(ring) : null;
    }

    /**
     * Begins to send {@code bytes}, which are native memory and this ring's until it tells {@code sender} what became of them.
     *
     * @return false when it cannot, and the bytes are the caller's
     */
    boolean send(FileDescriptor socket, ByteBuf bytes, Outbound sender) {
        IoRegistration here = registration();
        if (here == null || !here.isValid() || (used == places.length && !grow())) return false;
        short place = places[used];
        here.submit(new IoUringIoOps(
                IORING_OP_SEND,
                NO_FLAGS,
                NONE,
                socket.intValue(),
                0,
                address(bytes),
                bytes.readableBytes(),
                SocketCalls.MSG_DONTWAIT,
                (long) place,
                NONE,
                NONE,
                0,
                0));
        buffers[place] = bytes;
        senders[place] = sender;
        used++;
        return true;
    }

    /** Null when the loop is ending. */
    private @Nullable IoRegistration registration() {
        if (registration == null) registration = loop.register(this).getNow();
        return registration;
    }

    private static long address(ByteBuf bytes) {
        if (bytes.hasMemoryAddress()) return bytes.memoryAddress() + bytes.readerIndex();
        ByteBuffer memory = bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes());
        return Buffer.memoryAddress(memory) + memory.position();
    }

    /** Makes more places, up to a bound. */
    private boolean grow() {
        int had = places.length;
        if (had == MOST_SENDS) return false;
        int now = Math.clamp(2L * had, FEW_SENDS, MOST_SENDS);
        buffers = Arrays.copyOf(buffers, now);
        senders = Arrays.copyOf(senders, now);
        places = Arrays.copyOf(places, now);
        for (int place = had; place < now; place++) places[place] = (short) place;
        return true;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        IoUringIoEvent sent = (IoUringIoEvent) event;
        short place = (short) sent.userData();
        ByteBuf bytes = Objects.requireNonNull(buffers[place]);
        Outbound sender = Objects.requireNonNull(senders[place]);
        buffers[place] = null;
        senders[place] = null;
        places[--used] = place;
        try {
            sender.sent(bytes, Math.max(0, sent.res()));
        } catch (RuntimeException | Error failure) {
            sender.failed(failure); // to Netty it would be a reason to end the loop
        }
    }

    /** The loop ends. */
    @Override
    public void close() {
        if (registration != null) registration.cancel();
    }
}
