package dev.tidewire.server.internal.websocket;

import static java.lang.System.Logger.Level.INFO;

import dev.tidewire.protocol.ExtensionOffer;
import dev.tidewire.protocol.Inflation;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.protocol.deflate.DeflaterPool;
import dev.tidewire.protocol.deflate.InflaterPool;
import dev.tidewire.protocol.deflate.Zlib;
import java.util.List;
import java.util.Optional;

/**
 * What the connections of one server compress with under one policy: contexts that go from one to the next.
 *
 * <p>Threads: any.
 */
public final class Compression implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.tidewire.server");

    /** Contexts that wait for their next use, for each window and direction. */
    private static final int MAX_IDLE_CONTEXTS = 64;

    /** Declines every offer. */
    public static final Compression OFF = new Compression(DeflatePolicy.OFF, Zlib.jdk());

    private final DeflatePolicy policy;
    private final Zlib zlib;
    private final DeflaterPool deflaters;
    private final InflaterPool inflaters;

    /** Compression under {@code policy} by {@code zlib}. */
    public Compression(DeflatePolicy policy, Zlib zlib) {
        this.policy = policy;
        this.zlib = zlib;
        if (policy.allowed()) LOG.log(INFO, "event=compression zlib=\"{0}\"", zlib.version());
        deflaters = new DeflaterPool(zlib, policy, MAX_IDLE_CONTEXTS);
        inflaters = new InflaterPool(zlib, MAX_IDLE_CONTEXTS);
    }

    Optional<DeflateAgreement> answer(List<ExtensionOffer> offers) {
        return policy.answer(offers, zlib);
    }

    Inflation inflation(DeflateAgreement agreement) {
        return inflaters.open(agreement);
    }

    Compressor compressor(DeflateAgreement agreement) {
        return new Compressor(deflaters, agreement, policy.minMessageBytes());
    }

    /** Frees the contexts that wait. */
    @Override
    public void close() {
        deflaters.close();
        inflaters.close();
    }
}
