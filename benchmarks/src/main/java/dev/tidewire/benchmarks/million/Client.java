package dev.tidewire.benchmarks.million;

import java.nio.ByteBuffer;

/** The other end of a connection. Called on the server's threads. */
interface Client {
    /** At the other end of what is opened and never connected. */
    Client NOBODY = new Client() {
        @Override
        public void received(MemorySocket socket, ByteBuffer bytes) {}

        @Override
        public void ended(MemorySocket socket) {}

        @Override
        public void closed() {}
    };

    /** The server has sent this, and lends it. */
    void received(MemorySocket socket, ByteBuffer bytes);

    /** The server has ended its half. */
    void ended(MemorySocket socket);

    /** The server has let go of the connection. */
    void closed();
}
