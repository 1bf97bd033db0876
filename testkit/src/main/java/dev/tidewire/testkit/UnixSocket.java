package dev.tidewire.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A Unix domain socket in the form of a {@link Socket}, which the JDK does not have. Only what {@link RawClient} calls works. */
final class UnixSocket extends Socket {
    private final SocketChannel channel;
    private volatile int timeoutMillis;

    UnixSocket(UnixDomainSocketAddress server) throws IOException {
        channel = SocketChannel.open(server);
        channel.configureBlocking(false);
    }

    @Override
    public InputStream getInputStream() {
        return new Input();
    }

    @Override
    public OutputStream getOutputStream() {
        return new Output();
    }

    /** There is nothing to delay. */
    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void setSoTimeout(int millis) {
        timeoutMillis = millis;
    }

    @Override
    public void setSoLinger(boolean on, int linger) {
        throw new UnsupportedOperationException("a Unix domain socket cannot be reset");
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public synchronized void close() throws IOException {
        channel.close();
    }

    private void await(int operation, int millis) throws IOException {
        try (Selector selector = Selector.open()) {
            channel.register(selector, operation);
            if (selector.select(millis) == 0) throw new SocketTimeoutException("nothing within " + millis + " ms");
        }
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer room = ByteBuffer.wrap(bytes, offset, length);
            int read = channel.read(room);
            if (read != 0 || length == 0) return read;
            await(SelectionKey.OP_READ, timeoutMillis);
            return channel.read(room);
        }
    }

    private final class Output extends OutputStream {
        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer left = ByteBuffer.wrap(bytes, offset, length);
            while (left.hasRemaining()) {
                if (channel.write(left) == 0) await(SelectionKey.OP_WRITE, 0);
            }
        }
    }
}
