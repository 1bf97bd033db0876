package dev.tidewire.verification.load;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/** Linux' network namespaces, as a thread enters them. */
final class NetworkNamespace {
    private static final int O_RDONLY = 0;
    private static final int CLONE_NEWNET = 0x4000_0000;

    private static final MethodHandle OPEN = function("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SETNS = function("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private NetworkNamespace() {}

    /**
     * What {@code action} gives on a thread in the namespace of this name. A socket belongs to the namespace in which it was made, and may be used by
     * every thread.
     */
    static <T> T within(String name, Callable<T> action) throws Exception {
        var task = new FutureTask<T>(() -> {
            enter("/run/netns/" + name);
            return action.call();
        });
        // A thread of its own, for there is no way back; and no thread should be its child, which would be there as
        // well.
        Thread.ofPlatform().start(task);
        return task.get();
    }

    private static void enter(String file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file);
            int descriptor = (int) OPEN.invokeExact(path, O_RDONLY);
            int entered = (int) SETNS.invokeExact(descriptor, CLONE_NEWNET);
            int closed = (int) CLOSE.invokeExact(descriptor);
            assertThat(entered | closed).as("entering " + file).isZero();
        } catch (Throwable thrown) {
            throw new AssertionError(thrown); // the functions themselves throw nothing
        }
    }

    @SuppressWarnings("restricted") // each is as its manual page declares it
    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }
}
