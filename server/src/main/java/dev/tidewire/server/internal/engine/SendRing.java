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
import org.jspecify.annotations.Nullable;

/**
 * The sends of one event loop on io_uring, past Netty's queues and promises (ADR-0030): the kernel tries each once, together with all others
 * of the loop's turn, and does not wait for a socket that takes nothing. So what is under way here ends with the turn, whatever
 * the peer does.
 *
 * <p>They are in the ring in which Netty closes its sockets, behind them: none reaches a descriptor that belongs to somebody else by then.
 *
 * <p>Threads: its loop.
 */
final class SendRing implements IoUringIoHandle {
    private static final byte IORING_OP_SEND = 26;
    private static final byte NO_FLAGS = 0;
    private static final short NONE = 0;
    private static final int MSG_DONTWAIT = 0x40;

    /** A place's number is what Netty hands through without a table of its own. */
    private static final int MOST_SENDS = Short.MAX_VALUE;

    private static final int FEW_SENDS = 64;

    /** Null until the loop has taken it in. */
    private @Nullable IoRegistration registration;

    /** By place: what is sent, and by whom; the places that are free are those from {@code taken} on in {@code places}. */
    private @Nullable ByteBuf[] buffers = {};

    private @Nullable Outbound[] senders = {};
    private short[] places = {};
    private int taken;

    private SendRing() {}

    /** One for {@code loop}, or null when that has no ring. Threads: any. */
    static @Nullable SendRing of(EventLoop loop) {
        if (!(loop instanceof IoEventLoop ring) || !ring.isIoType(IoUringIoHandler.class)) return null;
        SendRing made = new SendRing();
        loop.execute(() -> made.join(ring));
        return made;
    }

    private void join(IoEventLoop loop) {
        registration = loop.register(this).getNow();
    }

    /**
     * Begins to send {@code bytes}, which are native memory and this ring's until it tells {@code sender} what became of them.
     *
     * @return false when it cannot, and the bytes are the caller's
     */
    boolean send(FileDescriptor socket, ByteBuf bytes, Outbound sender) {
        IoRegistration here = registration;
        if (here == null || !here.isValid()) return false;
        if (taken == places.length && !hasGrown()) return false;
        short place = places[taken++];
        buffers[place] = bytes;
        senders[place] = sender;
        here.submit(new IoUringIoOps(
                IORING_OP_SEND,
                NO_FLAGS,
                NONE,
                socket.intValue(),
                0,
                address(bytes),
                bytes.readableBytes(),
                MSG_DONTWAIT,
                (long) place,
                NONE,
                NONE,
                0,
                0));
        return true;
    }

    private static long address(ByteBuf bytes) {
        if (bytes.hasMemoryAddress()) return bytes.memoryAddress() + bytes.readerIndex();
        ByteBuffer memory = bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes());
        return Buffer.memoryAddress(memory) + memory.position();
    }

    private boolean hasGrown() {
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
        ByteBuf bytes = buffers[place];
        Outbound sender = senders[place];
        buffers[place] = null;
        senders[place] = null;
        places[--taken] = place;
        if (bytes != null && sender != null) sender.sent(bytes, Math.max(0, sent.res()));
    }

    /** The loop ends. */
    @Override
    public void close() {
        if (registration != null) registration.cancel();
    }
}
