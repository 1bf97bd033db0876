package dev.tidewire.server;

import dev.tidewire.server.connection.CloseCount;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a server has done so far and does now. The numbers were read one after another while it went on, so they may be a moment
 * apart. In quotes: Swoole's key.
 *
 * @param startTime         when it began to listen ("start_time")
 * @param connectionNum     open connections, whatever they speak ("connection_num")
 * @param acceptCount       connections accepted ("accept_count")
 * @param closeCount        accepted connections that are closed ("close_count")
 * @param abortCount        sockets that were closed on being accepted ("abort_count")
 * @param workerNum         threads that handlers run on: the workers, or the event loops that virtual threads stand beside
 *                          ("worker_num")
 * @param dispatchCount     events of connections, and datagrams, handed to their handlers ("dispatch_count")
 * @param requestCount      WebSocket messages, HTTP requests, reads of plain TCP and datagrams that came in and were not dropped
 *                          ("request_count")
 * @param responseCount     WebSocket data frames, HTTP responses but for the 101 of an upgrade, sends of plain TCP, and datagrams sent
 *                          ("response_count")
 * @param totalRecvBytes    bytes read, protocol overhead included, TLS not, nor the headers of UDP ("total_recv_bytes")
 * @param totalSendBytes    bytes written, likewise ("total_send_bytes")
 * @param concurrency       connections whose handlers are at work or about to be; 0 with {@code EVENT_LOOP} ("concurrency")
 * @param minFd             smallest open fd, 0 without connections ("min_fd")
 * @param maxFd             largest open fd, 0 without connections ("max_fd")
 * @param taskWorkerNum     tasks that may run at a time ("task_worker_num")
 * @param taskIdleWorkerNum how many more could run now ("task_idle_worker_num")
 * @param taskQueueNum      tasks that wait for their turn ("task_queue_num")
 * @param taskingNum        tasks that run ("tasking_num")
 * @param taskCount         tasks accepted ("task_count")
 * @param packetRecvCount   of {@code requestCount}, datagrams
 * @param packetSendCount   of {@code responseCount}, datagrams
 * @param packetDropCount   datagrams dropped: those that came in past a limit, and those that were not sent
 * @param queuedBytes       bytes that wait to be sent, on all connections
 * @param loopLag           how long the slowest of the event loops took, or takes, for its last sign of life
 * @param closes            how connections ended
 */
public record ServerStats(
        Instant startTime,
        int connectionNum,
        long acceptCount,
        long closeCount,
        long abortCount,
        int workerNum,
        long dispatchCount,
        long requestCount,
        long responseCount,
        long totalRecvBytes,
        long totalSendBytes,
        int concurrency,
        long minFd,
        long maxFd,
        int taskWorkerNum,
        int taskIdleWorkerNum,
        int taskQueueNum,
        int taskingNum,
        long taskCount,
        long packetRecvCount,
        long packetSendCount,
        long packetDropCount,
        long queuedBytes,
        Duration loopLag,
        List<CloseCount> closes) {
    /** Copies the list. */
    public ServerStats {
        closes = List.copyOf(closes);
    }
}
