package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;
import java.util.List;

/** Drops all its connections when every one of them has had its message, and opens them again when all are gone. */
final class StormWorker extends Worker {
    private final int size;
    private int served;
    private int gone;

    StormWorker(Setting setting, EventLoop loop, int size) {
        super(setting, loop, 1);
        this.size = size;
    }

    /** All at once, which is the point; the servers' accept queues are longer. */
    @Override
    int mostOpening() {
        return size;
    }

    @Override
    void start() {
        super.start();
        comeAgain();
    }

    private void comeAgain() {
        served = 0;
        gone = 0;
        for (int i = 0; i < size; i++) {
            openOne();
        }
    }

    @Override
    void ready(Client client) {
        client.send(1, client.createdNanos());
    }

    @Override
    void received(Client client, long first, int units, long now) {
        super.received(client, first, units, now);
        served++;
    }

    @Override
    void turn(Client client, int units) {
        if (served == size) List.copyOf(clients).forEach(Client::drop);
    }

    @Override
    void gone(Client client) {
        gone++;
        if (gone == size && running) comeAgain();
    }
}
