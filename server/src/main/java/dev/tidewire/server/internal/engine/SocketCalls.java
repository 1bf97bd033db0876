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
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is done with a socket beside Netty: bytes go to it out of a Java array, and come from it into one, without a copy between (ADR-0027,
 * ADR-0028). The numbers are Linux's.
 *
 * <p>What a socket does not take or give, for whatever reason, is to be sent or received in the usual way, which finds out the
 * reason.
 *
 * <p>Threads: the loop of the channel.
 */
final class SocketCalls {
    static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_MORE = 0x8000;

    private static final int IPPROTO_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final long SIOCINQ = 0x541B;
    /** Of the structure {@code tcp_info}, up to {@code tcpi_bytes_received}, which is the last of these. */
    private static final int INFO_LONGS = 17;

    /** A safepoint waits until the call ends: for this it takes a fraction of a millisecond. */
    static final int CALL_BYTES = 1024 * 1024;

    private static final FunctionDescriptor TRANSFER =
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

    private static final @Nullable MethodHandle SEND = find("send", TRANSFER);
    private static final @Nullable MethodHandle RECV = find("recv", TRANSFER);
    private static final @Nullable MethodHandle GETSOCKOPT =
            find("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final @Nullable MethodHandle IOCTL = find(
            "ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));

    private static final boolean AVAILABLE = SEND != null && RECV != null && GETSOCKOPT != null && IOCTL != null;

    private SocketCalls() {}

    /** The socket of {@code channel} when what is sent to it comes out at the peer as it is, else null. */
    static @Nullable FileDescriptor socket(Channel channel) {
        if (!channel.isActive() || !takesArrays(channel)) return null;
        if (channel instanceof IoUringSocketChannel uring) return uring.fd();
        return channel instanceof EpollSocketChannel epoll ? epoll.fd() : null;
    }

    /** True when {@code channel} has a {@link #socket} while it is open. Threads: any. */
    static boolean takesArrays(Channel channel) {
        boolean ofLinux = channel instanceof IoUringSocketChannel || channel instanceof EpollSocketChannel;
        return AVAILABLE && ofLinux && channel.pipeline().get(SslHandler.class) == null;
    }

    /** Sends what the socket takes at once of {@code bytes}, behind which more comes, and returns how many those were. */
    static int sendMore(FileDescriptor socket, ByteBuf bytes) {
        int count = Math.min(bytes.readableBytes(), CALL_BYTES);
        ByteBuffer memory = bytes.internalNioBuffer(bytes.readerIndex(), count);
        return send(socket, MemorySegment.ofBuffer(memory), MSG_MORE);
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

    /**
     * Receives what there is, at most {@link #CALL_BYTES} of it, into {@code room}, whose position stays as it is.
     *
     * @return how many bytes; 0 at the end of the stream; negative when there is nothing now, or a failure to be found out
     */
    static int receive(FileDescriptor socket, ByteBuffer room) {
        MethodHandle recv = RECV;
        if (recv == null) return -1;
        MemorySegment bytes = MemorySegment.ofBuffer(room);
        try {
            return (int) (long)
                    recv.invokeExact(socket.intValue(), bytes, Math.min(bytes.byteSize(), CALL_BYTES), MSG_DONTWAIT);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown); // as above
        }
    }

    /** How many bytes of the peer's were ever taken off the socket, by whomever; a wrong number when that cannot be said. */
    static long takenBytes(FileDescriptor socket) {
        MethodHandle getsockopt = GETSOCKOPT;
        MethodHandle ioctl = IOCTL;
        if (getsockopt == null || ioctl == null) return -1;
        int[] waiting = {0};
        long[] info = new long[INFO_LONGS];
        int[] infoBytes = {INFO_LONGS * Long.BYTES};
        int fd = socket.intValue();
        try {
            // What waits is asked for first: what comes in between makes the answer too large, and that is no number of
            // bytes taken.
            int failed = (int) ioctl.invokeExact(fd, SIOCINQ, MemorySegment.ofArray(waiting))
                    | (int) getsockopt.invokeExact(
                            fd, IPPROTO_TCP, TCP_INFO, MemorySegment.ofArray(info), MemorySegment.ofArray(infoBytes));
            return failed == 0 ? info[INFO_LONGS - 1] - waiting[0] : -1;
        } catch (Throwable thrown) {
            throw new AssertionError(thrown); // as above
        }
    }

    /** Null where the JVM does not allow native calls, or not with arrays. */
    private static @Nullable MethodHandle find(String name, FunctionDescriptor type, Linker.Option... options) {
        try {
            return NativeFunctions.find(
                    name,
                    type,
                    Stream.concat(Stream.of(options), Stream.of(Linker.Option.critical(true)))
                            .toArray(Linker.Option[]::new));
        } catch (RuntimeException notHere) {
            return null;
        }
    }
}
