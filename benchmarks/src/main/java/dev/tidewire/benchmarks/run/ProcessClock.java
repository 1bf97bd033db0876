package dev.tidewire.benchmarks.run;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;

/**
 * The processor time of any process, user and system, to the nanosecond. {@code /proc/PID/stat} has the same sum in steps of 10 ms,
 * too coarse for runs of a second or two.
 */
final class ProcessClock {
    @SuppressWarnings("restricted")
    private static final MethodHandle CLOCK_GETTIME = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("clock_gettime"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));

    private static final int TIMESPEC_BYTES = 16;
    /** As {@code clock_getcpuclockid(3)} makes one. */
    private static final int SCHEDULER_CLOCK = 2;

    private ProcessClock() {}

    static long nanos(long pid) throws IOException {
        int clock = (int) (~pid << 3) | SCHEDULER_CLOCK;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment time = arena.allocate(TIMESPEC_BYTES, 8);
            if ((int) CLOCK_GETTIME.invokeExact(clock, time) != 0) throw new IOException("no process " + pid);
            return TimeUnit.SECONDS.toNanos(time.get(ValueLayout.JAVA_LONG, 0)) + time.get(ValueLayout.JAVA_LONG, 8);
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("clock_gettime throws nothing", e);
        }
    }
}
