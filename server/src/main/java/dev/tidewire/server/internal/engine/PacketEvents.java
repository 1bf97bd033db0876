package dev.tidewire.server.internal.engine;

import java.net.InetSocketAddress;

/** What happens where datagrams are listened for. */
@FunctionalInterface
public interface PacketEvents {
    /**
     * A datagram came in. Called one at a time and in order for those of one sender.
     *
     * @param data given away
     */
    void received(InetSocketAddress sender, byte[] data);
}
