package dev.tidewire.protocol.deflate;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The struct through which zlib is told where its input is and where its output goes; its {@code z_stream}.
 *
 * <p>It is not on Java's heap and has no owner but this object: whoever makes one frees it.
 */
final class ZStream {
    private static final MemoryLayout LONG = LibZ.type("long");

    /** As in {@code zlib.h}; each field at the next multiple of its size, as every C compiler puts it. */
    static final MemoryLayout LAYOUT = struct(
            ADDRESS.withName("next_in"),
            JAVA_INT.withName("avail_in"),
            LONG.withName("total_in"),
            ADDRESS.withName("next_out"),
            JAVA_INT.withName("avail_out"),
            LONG.withName("total_out"),
            ADDRESS.withName("msg"),
            ADDRESS.withName("state"),
            ADDRESS.withName("zalloc"),
            ADDRESS.withName("zfree"),
            ADDRESS.withName("opaque"),
            JAVA_INT.withName("data_type"),
            LONG.withName("adler"),
            LONG.withName("reserved"));

    private static final long NEXT_IN = offset("next_in");
    private static final long AVAIL_IN = offset("avail_in");
    private static final long NEXT_OUT = offset("next_out");
    private static final long AVAIL_OUT = offset("avail_out");
    private static final long DATA_TYPE = offset("data_type");

    private final MemorySegment memory = LibZ.allocate(LAYOUT.byteSize());

    MemorySegment memory() {
        return memory;
    }

    void free() {
        LibZ.free(memory);
    }

    /** Points zlib to all that is readable of {@code in}. */
    void input(ByteBuf in) {
        memory.set(JAVA_LONG, NEXT_IN, address(in, in.readerIndex(), in.readableBytes()));
        memory.set(JAVA_INT, AVAIL_IN, in.readableBytes());
    }

    /** Points zlib to all that is writable of {@code out}. */
    void output(ByteBuf out) {
        memory.set(JAVA_LONG, NEXT_OUT, address(out, out.writerIndex(), out.writableBytes()));
        memory.set(JAVA_INT, AVAIL_OUT, out.writableBytes());
    }

    /** Moves the reader's index to where zlib has come. */
    void taken(ByteBuf in) {
        in.readerIndex(in.writerIndex() - memory.get(JAVA_INT, AVAIL_IN));
    }

    /** Moves the writer's index to where zlib has come. */
    void given(ByteBuf out) {
        out.writerIndex(out.capacity() - memory.get(JAVA_INT, AVAIL_OUT));
    }

    int dataType() {
        return memory.get(JAVA_INT, DATA_TYPE);
    }

    private static long address(ByteBuf direct, int index, int count) {
        if (direct.hasMemoryAddress()) {
            return direct.memoryAddress() + index;
        }
        return MemorySegment.ofBuffer(direct.internalNioBuffer(index, count)).address();
    }

    private static long offset(String field) {
        return LAYOUT.byteOffset(PathElement.groupElement(field));
    }

    private static MemoryLayout struct(MemoryLayout... fields) {
        List<MemoryLayout> padded = new ArrayList<>();
        long end = 0;
        for (MemoryLayout field : fields) {
            long gap = -end & (field.byteAlignment() - 1);
            if (gap > 0) {
                padded.add(MemoryLayout.paddingLayout(gap));
            }
            padded.add(field);
            end += gap + field.byteSize();
        }
        long tail = -end & (ADDRESS.byteAlignment() - 1);
        if (tail > 0) {
            padded.add(MemoryLayout.paddingLayout(tail));
        }
        return MemoryLayout.structLayout(padded.toArray(MemoryLayout[]::new));
    }
}
