package dev.tidewire.server.internal.engine;

import java.nio.ByteBuffer;

/**
 * Takes long payloads as the socket gives them, without a buffer between.
 *
 * <p>Threads: the connection's loop.
 */
public interface Intake {
    /** True while much of a payload is still to come. */
    boolean isLong();

    /**
     * Where the bytes are to be put that come next on the connection.
     *
     * @return on the heap, from its position to its limit; without room when they are to be read in the usual way
     */
    ByteBuffer room();

    /** Takes the first {@code bytes} of the last {@link #room}: more than none. */
    void filled(int bytes);
}
