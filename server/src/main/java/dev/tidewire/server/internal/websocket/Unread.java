package dev.tidewire.server.internal.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * What came in on a connection that was paused in the middle of it: the application has enough to do, and these bytes may become many
 * more.
 *
 * <p>Threads: the connection's loop.
 */
final class Unread {
    private final ByteBuf bytes;
    private boolean end;

    /** Copies what is left of {@code in}, which may be a part of much larger memory. */
    Unread(ByteBuf in) {
        bytes = ByteBufAllocator.DEFAULT.buffer(in.readableBytes()).writeBytes(in);
    }

    /** Adds {@code more}, which it releases. */
    void add(ByteBuf more) {
        try {
            bytes.writeBytes(more);
        } finally {
            more.release();
        }
    }

    /** Nothing comes behind it. */
    void endsHere() {
        end = true;
    }

    boolean isEnd() {
        return end;
    }

    /** All of it, given. */
    ByteBuf bytes() {
        return bytes;
    }

    void release() {
        bytes.release();
    }
}
