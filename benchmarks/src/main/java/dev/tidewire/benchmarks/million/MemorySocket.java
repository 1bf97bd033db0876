package dev.tidewire.benchmarks.million;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A server's end of a connection; at the other is a {@link Client}, who says one thing at a time and is told of each byte that
 * comes back, on the server's thread. Always writable.
 */
final class MemorySocket extends SocketChannel implements MemorySelector.Source {
    private static final byte[] NOTHING = {};
    private static final int BUFFER_BYTES = 64 << 10;
    /** Whoever asks is told that all clients are one. */
    private static final InetSocketAddress CLIENT = new InetSocketAddress(MemoryListener.ADDRESS.getAddress(), 1024);

    private final Client client;
    private volatile byte[] incoming = NOTHING;
    private int read;
    private volatile boolean ended;
    private volatile MemorySelector.@Nullable Key key;
    private @Nullable Options options;

    /** For the client: how many bytes have come of what it waits for. */
    int progress;

    MemorySocket(MemoryNetwork network, Client client) {
        super(network);
        this.client = client;
    }

    /** The client says this, and nothing more before it was read; the array is lent for as long. */
    void say(byte[] bytes) {
        read = 0;
        incoming = bytes;
        signal();
    }

    /** The client has nothing more to say. */
    void end() {
        ended = true;
        signal();
    }

    private void signal() {
        MemorySelector.Key registered = key;
        if (registered != null) registered.signal();
    }

    @Override
    public int readyOps() {
        return SelectionKey.OP_WRITE | (incoming.length > 0 || ended ? SelectionKey.OP_READ : 0);
    }

    @Override
    public void registered(MemorySelector.Key newKey) {
        key = newKey;
    }

    @Override
    public int read(ByteBuffer into) {
        byte[] bytes = incoming;
        if (bytes.length == 0) return ended ? -1 : 0;
        int length = Math.min(into.remaining(), bytes.length - read);
        into.put(bytes, read, length);
        read += length;
        if (read == bytes.length) incoming = NOTHING;
        return length;
    }

    @Override
    public int write(ByteBuffer from) {
        int length = from.remaining();
        client.received(this, from);
        return length;
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) {
        return read(into[offset]);
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
        long written = 0;
        for (int i = offset; i < offset + length; i++) {
            written += write(from[i]);
        }
        return written;
    }

    @Override
    public SocketChannel shutdownOutput() {
        client.ended(this);
        return this;
    }

    @Override
    public SocketChannel shutdownInput() {
        socket().isInputShutdown = true;
        return this;
    }

    @Override
    protected void implCloseSelectableChannel() {
        client.closed();
    }

    @Override
    public Options socket() {
        Options there = options;
        if (there != null) return there;
        try {
            there = new Options();
            options = there;
            return there;
        } catch (SocketException e) {
            throw new IllegalStateException("without an implementation nothing can fail", e);
        }
    }

    @Override
    public boolean isConnected() {
        return true;
    }

    @Override
    public SocketAddress getRemoteAddress() {
        return CLIENT;
    }

    @Override
    public SocketAddress getLocalAddress() {
        return MemoryListener.ADDRESS;
    }

    @Override
    public boolean isConnectionPending() {
        return false;
    }

    @Override
    public boolean connect(SocketAddress remote) {
        throw new UnsupportedOperationException("it is connected");
    }

    @Override
    public boolean finishConnect() {
        return true;
    }

    @Override
    public SocketChannel bind(SocketAddress local) {
        return this;
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) {
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
    protected void implConfigureBlocking(boolean block) {}

    /** Takes the options that Netty sets, without effect. */
    static final class Options extends Socket {
        private boolean isInputShutdown;

        private Options() throws SocketException {
            super((SocketImpl) null);
        }

        @Override
        public boolean isInputShutdown() {
            return isInputShutdown;
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return CLIENT;
        }

        @Override
        public SocketAddress getLocalSocketAddress() {
            return MemoryListener.ADDRESS;
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public int getSendBufferSize() {
            return BUFFER_BYTES;
        }

        @Override
        public int getSoLinger() {
            return -1;
        }
    }
}
