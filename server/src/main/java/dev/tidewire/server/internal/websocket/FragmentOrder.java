package dev.tidewire.server.internal.websocket;

import dev.tidewire.protocol.Opcode;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a message that the application sends in fragments in one piece: while it is unfinished, other messages wait, for no
 * frame of theirs may come between (RFC 6455 §5.4). Control frames may.
 *
 * <p>Threads: the connection's loop.
 */
final class FragmentOrder {
    private @Nullable ArrayDeque<ByteBuf> held;
    private boolean messageOpen;
    private boolean releasing;

    /** True when a frame of this kind has to wait for the end of the unfinished message. */
    boolean mustWait(Opcode opcode) {
        return messageOpen && (opcode == Opcode.TEXT || opcode == Opcode.BINARY);
    }

    /** Takes a frame that {@link #mustWait}. */
    void hold(ByteBuf frame) {
        if (held == null) held = new ArrayDeque<>(4);
        held.add(frame);
    }

    /** Records that a frame was sent, and gives what may follow it now to {@code next}, which sends it through here again. */
    void sent(Opcode opcode, boolean fin, Consumer<ByteBuf> next) {
        if (opcode.isControl()) return;
        messageOpen = !fin;
        // What is let go comes back here; were each to let the next one go, a long line would overflow the stack.
        if (releasing) return;
        releasing = true;
        while (!messageOpen && held != null) {
            ByteBuf frame = held.poll();
            if (held.isEmpty()) held = null;
            if (frame != null) next.accept(frame);
        }
        releasing = false;
    }

    /** Gives up what is held: the connection closes. */
    void drop(Consumer<ByteBuf> discard) {
        if (held == null) return;
        held.forEach(discard);
        held = null;
    }
}
