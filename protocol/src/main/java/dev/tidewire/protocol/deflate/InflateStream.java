package dev.tidewire.protocol.deflate;

import dev.tidewire.protocol.ProtocolViolation;
import io.netty.buffer.ByteBuf;

/** The undoing of compression. Not thread-safe. */
interface InflateStream extends AutoCloseable {
    /**
     * Takes bytes off {@code in} and appends what they say, until one of them has no more to give or to take, or a final
     * block ends.
     *
     * @param in one piece of native memory, like {@code out}
     * @param out with room; when it is full afterwards, there may be more to come even if nothing is left of {@code in}
     * @return true at the end of a final block, whose stream goes on only after {@link #restart}
     * @throws ProtocolViolation when it is not DEFLATE data
     */
    boolean inflate(ByteBuf in, ByteBuf out);

    /** True when the last bit taken was the last one of a block; to be asked when there is room for more, but no more to come. */
    boolean isBetweenBlocks();

    /** Begins a new stream behind a final block; what came before may still be referred to. */
    void restart();

    /** Forgets everything. */
    void reset();

    /** Frees native memory. */
    @Override
    void close();
}
