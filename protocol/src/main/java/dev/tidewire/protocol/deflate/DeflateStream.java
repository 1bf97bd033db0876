package dev.tidewire.protocol.deflate;

import io.netty.buffer.ByteBuf;

/** Compression without end: what was compressed before can be referred to. Not thread-safe. */
interface DeflateStream extends AutoCloseable {
    /**
     * Takes all of {@code in} and appends what it is compressed to, of which some may be kept back for later unless this
     * flushes.
     *
     * @param in one piece of native memory, like {@code out}
     * @param flush true to give out everything and end it with an empty block without compression, {@code 00 00 ff ff}
     */
    void deflate(ByteBuf in, boolean flush, ByteBuf out);

    /** Forgets everything. */
    void reset();

    /** Frees native memory. */
    @Override
    void close();
}
