package dev.tidewire.server.internal.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** What has to be asked of, and done to, a descriptor that neither the JDK nor Netty opened. The numbers are Linux's. */
final class DescriptorCalls {
    private static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int AF_UNIX = 1;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 2048;

    private static final MethodHandle GETSOCKOPT = NativeFunctions.find(
            "getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle FCNTL = NativeFunctions.find(
            "fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));

    private DescriptorCalls() {}

    /** True for a socket that accepts connections. */
    static boolean listens(int descriptor) {
        return socketOption(descriptor, SO_ACCEPTCONN) == 1;
    }

    /** True for a Unix domain socket. */
    static boolean isUnix(int descriptor) {
        return socketOption(descriptor, SO_DOMAIN) == AF_UNIX;
    }

    /** Has calls on it return at once. */
    static void neverBlock(int descriptor) throws IOException {
        int flags = fcntl(descriptor, F_GETFL, 0);
        if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) {
            throw new IOException("descriptor " + descriptor + " cannot be made non-blocking");
        }
    }

    /** Negative for what is no socket. */
    private static int socketOption(int descriptor, int option) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocateFrom(JAVA_INT, -1);
            MemorySegment size = arena.allocateFrom(JAVA_INT, (int) JAVA_INT.byteSize());
            int failed = (int) GETSOCKOPT.invokeExact(descriptor, SOL_SOCKET, option, value, size);
            return failed == 0 ? value.get(JAVA_INT, 0) : -1;
        } catch (Throwable thrown) {
            throw new AssertionError(thrown); // the function itself throws nothing
        }
    }

    private static int fcntl(int descriptor, int command, int argument) {
        try {
            return (int) FCNTL.invokeExact(descriptor, command, argument);
        } catch (Throwable thrown) {
            throw new AssertionError(thrown); // as above
        }
    }
}
