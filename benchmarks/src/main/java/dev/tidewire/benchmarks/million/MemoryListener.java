package dev.tidewire.benchmarks.million;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Gives a server its connections. */
final class MemoryListener extends ServerSocketChannel implements MemorySelector.Source {
    static final InetSocketAddress ADDRESS = new InetSocketAddress(InetAddress.getLoopbackAddress(), 80);

    private final MemoryNetwork network;
    private final Queue<MemorySocket> waiting = new ConcurrentLinkedQueue<>();
    private MemorySelector.@Nullable Key key;

    MemoryListener(MemoryNetwork network) {
        super(network);
        this.network = network;
    }

    void connect(MemorySocket socket) {
        waiting.add(socket);
        MemorySelector.Key registered = key;
        if (registered != null) registered.signal();
    }

    @Override
    public int readyOps() {
        return waiting.isEmpty() ? 0 : SelectionKey.OP_ACCEPT;
    }

    @Override
    public void registered(MemorySelector.Key newKey) {
        key = newKey;
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) {
        network.listen(this);
        return this;
    }

    @Override
    public @Nullable MemorySocket accept() {
        return waiting.poll();
    }

    @Override
    public ServerSocket socket() {
        try {
            return new Options();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public SocketAddress getLocalAddress() {
        return ADDRESS;
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) {
        return this;
    }

    @Override
    public <T> @Nullable T getOption(SocketOption<T> name) {
        return null;
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return Set.of();
    }

    @Override
    protected void implCloseSelectableChannel() {}

    @Override
    protected void implConfigureBlocking(boolean block) {}

    /** Takes the options that Netty sets, without effect. */
    private static final class Options extends ServerSocket {
        Options() throws IOException {}

        @Override
        public boolean isBound() {
            return true;
        }

        @Override
        public SocketAddress getLocalSocketAddress() {
            return ADDRESS;
        }

        @Override
        public void setReuseAddress(boolean on) {}

        @Override
        public void setReceiveBufferSize(int size) {}
    }
}
