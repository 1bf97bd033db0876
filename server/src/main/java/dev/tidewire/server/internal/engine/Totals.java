package dev.tidewire.server.internal.engine;

import dev.tidewire.server.connection.CloseCount;
import java.util.List;

/**
 * What all loops of an engine have counted, and what its connections hold now.
 *
 * @param opened           connections accepted
 * @param closed           connections whose socket is closed
 * @param turnedAway       sockets closed on being accepted
 * @param bytesReceived    as in {@code ClientInfo}, as are the next three, datagrams included
 * @param bytesSent        see there
 * @param messagesReceived see there
 * @param messagesSent     see there
 * @param dispatched       events handed to lanes
 * @param packetsReceived  datagrams that came in and were not dropped
 * @param packetsSent      datagrams that the system took
 * @param closes           how connections ended
 * @param queuedBytes      what waits to be sent
 * @param busy             connections whose application has something to handle
 * @param minFd            smallest open fd, 0 when there is none
 * @param maxFd            largest open fd, 0 when there is none
 */
public record Totals(
        long opened,
        long closed,
        long turnedAway,
        long bytesReceived,
        long bytesSent,
        long messagesReceived,
        long messagesSent,
        long dispatched,
        long packetsReceived,
        long packetsSent,
        List<CloseCount> closes,
        long queuedBytes,
        int busy,
        long minFd,
        long maxFd) {

    /** The counts of these loops, and a walk over the connections. */
    static Totals of(Iterable<LoopCounts> loops, ConnectionTable connections) {
        long queuedBytes = 0;
        int busy = 0;
        long minFd = 0;
        long maxFd = 0;
        ConnectionTable.Walk walk = connections.walk();
        while (walk.hasNext()) {
            Connection connection = walk.nextConnection();
            queuedBytes += connection.outbound().queuedBytes();
            if (connection.isBusy()) busy++;
            minFd = minFd == 0 ? connection.fd() : Math.min(minFd, connection.fd());
            maxFd = Math.max(maxFd, connection.fd());
        }
        return new Totals(
                LoopCounts.sum(loops, LoopCounts.OPENED),
                LoopCounts.sum(loops, LoopCounts.CLOSED),
                LoopCounts.sum(loops, LoopCounts.TURNED_AWAY),
                LoopCounts.sum(loops, LoopCounts.BYTES_RECEIVED),
                LoopCounts.sum(loops, LoopCounts.BYTES_SENT),
                LoopCounts.sum(loops, LoopCounts.MESSAGES_RECEIVED),
                LoopCounts.sum(loops, LoopCounts.MESSAGES_SENT),
                LoopCounts.sum(loops, LoopCounts.DISPATCHED),
                LoopCounts.sum(loops, LoopCounts.PACKETS_RECEIVED),
                LoopCounts.sum(loops, LoopCounts.PACKETS_SENT),
                LoopCounts.closes(loops),
                queuedBytes,
                busy,
                minFd,
                maxFd);
    }
}
