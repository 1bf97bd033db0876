package dev.tidewire.protocol.deflate;

import static dev.tidewire.protocol.deflate.DeflateAgreement.MAX_WINDOW_BITS;
import static dev.tidewire.protocol.deflate.DeflateAgreement.MIN_WINDOW_BITS;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What many connections compress with: contexts that are made when needed and shared as far as agreements allow it.
 *
 * <p>Threads: any. One for a server will do; one for each event loop keeps contexts in the caches of its core.
 */
public final class DeflaterPool implements AutoCloseable {
    private final int minWindowBits;
    private final List<Pool<MessageDeflater>> byWindowBits;

    /**
     * An empty pool.
     *
     * @param policy gives level and memory level
     * @param maxIdle how many contexts of each window may wait for use
     */
    public DeflaterPool(Zlib zlib, DeflatePolicy policy, int maxIdle) {
        minWindowBits = zlib.minWindowBits();
        byWindowBits = IntStream.rangeClosed(MIN_WINDOW_BITS, MAX_WINDOW_BITS)
                .mapToObj(bits -> new Pool<>(maxIdle, () -> zlib.deflater(policy.level(), bits, policy.memoryLevel())))
                .toList();
    }

    /** The compressing half of one connection; it holds nothing yet. */
    public Deflation open(DeflateAgreement agreement) {
        return new Deflation(pool(agreement.serverMaxWindowBits()), !agreement.serverNoContextTakeover());
    }

    /**
     * Appends a whole message compressed by itself, for any number of connections that have agreed on this window or a larger
     * one. A connection with context takeover may get it, too, if its own {@link Deflation#restart} is called with it.
     *
     * @param windowBits 8 to 15
     * @param payload all readable bytes are taken; the buffer remains the caller's to release
     * @throws IllegalArgumentException when this library cannot compress for so small a window
     */
    public void deflateAlone(ByteBuf payload, int windowBits, ByteBuf out) {
        try (Deflation once = new Deflation(pool(windowBits), false)) {
            once.deflate(payload, true, out);
        }
    }

    /** Frees what waits; what is in use is freed after use. */
    @Override
    public void close() {
        byWindowBits.forEach(Pool::close);
    }

    private Pool<MessageDeflater> pool(int windowBits) {
        DeflateAgreement.requireWindowBits("windowBits", windowBits);
        if (windowBits < minWindowBits) {
            throw new IllegalArgumentException(
                    "windowBits must be at least " + minWindowBits + " with this zlib, was " + windowBits);
        }
        return byWindowBits.get(windowBits - MIN_WINDOW_BITS);
    }
}
