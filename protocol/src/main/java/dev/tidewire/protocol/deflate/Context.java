package dev.tidewire.protocol.deflate;

/** Native memory that one connection at a time uses. */
interface Context extends AutoCloseable {
    /** Forgets everything, so that another connection may have it. */
    void reset();

    /** Frees the memory; once. */
    @Override
    void close();
}
