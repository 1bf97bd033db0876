package dev.tidewire.server;

/** Handles datagrams. */
@FunctionalInterface
public interface PacketHandler<S extends Server> {
    /**
     * Called for each datagram; for those of one sender one at a time and in order.
     *
     * @throws Exception anything: it goes to {@link Server#ERROR}
     */
    void handle(S server, Packet packet) throws Exception;
}
