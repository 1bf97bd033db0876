package dev.tidewire.server.internal.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Gives a socket the bytes of a Java array at once, out of the array itself (ADR-0027). Netty would have them copied first, and
 * io_uring takes them when all that came in a turn has been read, and they are no longer in the processor's cache. The
 * numbers are Linux's.
 *
 * <p>What a socket does not take, for whatever reason, is to be sent in the usual way, which finds out the reason.
 *
 * <p>Threads: the loop of the channel.
 */
final class ArraySend {
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_MORE = 0x8000;

    /** A safepoint waits until the call ends: for this it takes a fraction of a millisecond. */
    private static final int CALL_BYTES = 1024 * 1024;

    /** Null where the JVM does not allow native calls, or not with arrays. */
    private static final @Nullable MethodHandle SEND = send();

    private ArraySend() {}

    /** The socket of {@code channel} when what is sent to it comes out at the peer as it is, else null. */
    static @Nullable FileDescriptor socket(Channel channel) {
        if (SEND == null || !channel.isActive() || channel.pipeline().get(SslHandler.class) != null) return null;
        if (channel instanceof IoUringSocketChannel uring) return uring.fd();
        return channel instanceof EpollSocketChannel epoll ? epoll.fd() : null;
    }

    /** Sends what the socket takes of {@code bytes}, behind which more comes at once, and returns how many those were. */
    static int sendMore(FileDescriptor socket, ByteBuf bytes) {
        int count = bytes.readableBytes();
        return send(socket, MemorySegment.ofBuffer(bytes.internalNioBuffer(bytes.readerIndex(), count)), MSG_MORE);
    }

    /** Sends what the socket takes of {@code bytes}, and returns how many those were. */
    static int send(FileDescriptor socket, byte[] bytes) {
        MemorySegment all = MemorySegment.ofArray(bytes);
        int sent = 0;
        while (sent < bytes.length) {
            int count = Math.min(bytes.length - sent, CALL_BYTES);
            int taken = send(socket, all.asSlice(sent, count), 0);
            sent += taken;
            if (taken < count) break;
        }
        return sent;
    }

    private static int send(FileDescriptor socket, MemorySegment bytes, int flags) {
        MethodHandle send = SEND;
        if (send == null) return 0;
        try {
            long taken = (long)
                    send.invokeExact(socket.intValue(), bytes, bytes.byteSize(), flags | MSG_DONTWAIT | MSG_NOSIGNAL);
            return (int) Math.max(0, taken);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown); // the function itself throws nothing
        }
    }

    private static @Nullable MethodHandle send() {
        try {
            return NativeFunctions.find(
                    "send",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT),
                    Linker.Option.critical(true));
        } catch (RuntimeException notHere) {
            return null;
        }
    }
}
