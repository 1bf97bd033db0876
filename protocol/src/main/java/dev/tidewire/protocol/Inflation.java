package dev.tidewire.protocol;

import io.netty.buffer.ByteBuf;

/**
 * What undoes the compression of the messages of one connection, one after the other (RFC 7692 §6.2).
 *
 * <p>It belongs to one {@link MessageReader}, which closes it when it stops. What it needs for a message it may get at the
 * message's first bytes and give up after the last ones, so that an idle connection holds nothing.
 */
public interface Inflation extends AutoCloseable {
    /**
     * Takes all of {@code compressed}, the next bytes of the message that is open or, after a last part, of a new one.
     *
     * @param compressed remains the caller's to release; empty only at the end of a message
     * @param last true for the last bytes of a message
     * @param out is told all that can be known so far, in order, before this returns
     * @throws ProtocolViolation when this is not compressed data; what {@code out} throws comes through, too. Nothing but
     *     {@link #close} may follow either
     */
    void inflate(ByteBuf compressed, boolean last, Output out);

    /** Gives up everything, also in the middle of a message; may be called again. */
    @Override
    void close();

    /** Who takes what comes out. */
    @FunctionalInterface
    interface Output {
        /**
         * Some bytes, never none.
         *
         * @param inflated lent during the call
         */
        void take(ByteBuf inflated);
    }
}
