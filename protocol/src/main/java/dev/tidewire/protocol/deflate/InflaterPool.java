package dev.tidewire.protocol.deflate;

import static dev.tidewire.protocol.deflate.DeflateAgreement.MAX_WINDOW_BITS;
import static dev.tidewire.protocol.deflate.DeflateAgreement.MIN_WINDOW_BITS;

import dev.tidewire.protocol.Inflation;
import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What many connections inflate with: contexts that are made when needed and shared as far as agreements allow it.
 *
 * <p>Threads: any. One for a server will do; one for each event loop keeps contexts in the caches of its core.
 */
public final class InflaterPool implements AutoCloseable {
    private final List<Pool<MessageInflater>> byWindowBits;

    /**
     * An empty pool.
     *
     * @param maxIdle how many contexts of each window may wait for use
     */
    public InflaterPool(Zlib zlib, int maxIdle) {
        byWindowBits = IntStream.rangeClosed(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
                .mapToObj(bits -> new Pool<>(maxIdle, () -> zlib.inflater(bits)))
                .toList();
    }

    /**
     * What a server's {@link dev.tidewire.protocol.MessageReader} needs for one connection. Without context takeover it holds
     * memory only inside a message; with it, from the first message to the end.
     */
    public Inflation open(DeflateAgreement agreement) {
        boolean contextTakeover = !agreement.clientNoContextTakeover();
        // One window fits all who come and go; who stays gets the smallest that does.
        int bits = contextTakeover ? agreement.clientMaxWindowBits() : MAX_WINDOW_BITS;
        return new Borrowing(byWindowBits.get(bits - MIN_WINDOW_BITS), contextTakeover);
    }

    /** Frees what waits; what is in use is freed after use. */
    @Override
    public void close() {
        byWindowBits.forEach(Pool::close);
    }

    /** One connection's part in a pool. */
    private static final class Borrowing implements Inflation {
        private final Pool<MessageInflater> pool;
        private final boolean contextTakeover;
        private @Nullable MessageInflater held;
        private boolean closed;

        Borrowing(Pool<MessageInflater> pool, boolean contextTakeover) {
            this.pool = pool;
            this.contextTakeover = contextTakeover;
        }

        @Override
        public void inflate(ByteBuf compressed, boolean last, Output out) {
            hold().inflate(compressed, last, out);
            if (last && !contextTakeover) {
                giveBack();
            }
        }

        @Override
        public void close() {
            closed = true;
            giveBack();
        }

        private MessageInflater hold() {
            if (closed) {
                throw new IllegalStateException("inflation is closed");
            }
            if (held == null) {
                held = pool.borrow();
            }
            return held;
        }

        private void giveBack() {
            if (held != null) {
                MessageInflater unneeded = held;
                held = null;
                pool.giveBack(unneeded);
            }
        }
    }
}
