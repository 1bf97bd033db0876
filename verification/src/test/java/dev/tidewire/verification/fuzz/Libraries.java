package dev.tidewire.verification.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.deflate.InflaterPool;
import dev.tidewire.protocol.deflate.Zlib;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.List;

/** Both libraries that can inflate, and the memory that they and their buffers take. */
final class Libraries {
    /** At most this many contexts are idle in a pool. */
    static final int WINDOWS = 8;

    /** Leak detection by samples is too slow and too vague here: after each input all memory must be back. */
    static final UnpooledByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(true, true);

    private static final List<Zlib> LIBRARIES = List.of(Zlib.system().orElseGet(Zlib::jdk), Zlib.jdk());

    /** One idle context of each window: the next input gets what the last one left. */
    private static final List<InflaterPool> POOLS =
            LIBRARIES.stream().map(zlib -> new InflaterPool(zlib, 1)).toList();

    private Libraries() {}

    static Zlib zlib(boolean jdk) {
        return LIBRARIES.get(jdk ? 1 : 0);
    }

    static InflaterPool inflaters(boolean jdk) {
        return POOLS.get(jdk ? 1 : 0);
    }

    static void assertNothingIsHeld() {
        assertThat(ALLOCATOR.metric().usedDirectMemory()).isZero();
        assertThat(ALLOCATOR.metric().usedHeapMemory()).isZero();
        LIBRARIES.forEach(zlib -> assertThat(zlib.liveContexts()).isLessThanOrEqualTo(WINDOWS));
    }
}
