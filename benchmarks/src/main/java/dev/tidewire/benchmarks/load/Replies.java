package dev.tidewire.benchmarks.load;

import io.netty.buffer.ByteBuf;

/** Reads and checks what comes back on one connection. Confined to its loop. */
interface Replies extends AutoCloseable {
    /**
     * Takes all of {@code in} without releasing it.
     *
     * @return how many units were completed by it
     * @throws WrongReply when something else came than what must come
     */
    int read(ByteBuf in);

    /** Frees what reading needs; nothing is read any more. */
    @Override
    default void close() {}

    /** Is told of control frames between the replies. */
    interface Control {
        void control(int opcode, byte[] payload);
    }

    /** The server said something that nobody could expect. */
    final class WrongReply extends RuntimeException {
        WrongReply(String what) {
            super(what, null, false, false);
        }
    }
}
