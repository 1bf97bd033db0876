package dev.tidewire.benchmarks.million;

import java.net.ProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * NIO's sockets and selectors without a system below them. Named to the JVM by the system property {@code
 * java.nio.channels.spi.SelectorProvider}; it knows servers with one listener, and clients that are objects of this package.
 */
public final class MemoryNetwork extends SelectorProvider {
    private volatile @Nullable MemoryListener listener;

    /** Called by NIO. */
    public MemoryNetwork() {}

    /** The one that NIO made. */
    static MemoryNetwork installed() {
        if (SelectorProvider.provider() instanceof MemoryNetwork network) return network;
        throw new IllegalStateException(
                "start this with -Djava.nio.channels.spi.SelectorProvider=" + MemoryNetwork.class.getName());
    }

    /** Connects a client to the server. */
    MemorySocket connect(Client client) {
        MemorySocket socket = new MemorySocket(this, client);
        Objects.requireNonNull(listener, "nobody listens").connect(socket);
        return socket;
    }

    void listen(MemoryListener newListener) {
        listener = newListener;
    }

    @Override
    public MemoryListener openServerSocketChannel() {
        return new MemoryListener(this);
    }

    @Override
    public AbstractSelector openSelector() {
        return new MemorySelector(this);
    }

    @Override
    public MemorySocket openSocketChannel() {
        return new MemorySocket(this, Client.NOBODY);
    }

    @Override
    public DatagramChannel openDatagramChannel() {
        throw new UnsupportedOperationException("no datagrams here");
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) {
        return openDatagramChannel();
    }

    @Override
    public Pipe openPipe() {
        throw new UnsupportedOperationException("no pipes here");
    }
}
