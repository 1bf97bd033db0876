package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;

/** Opens a connection for each that has ended. What takes time is a connection from connecting to its echo. */
final class ChurnWorker extends Worker {
    private final int slots;

    ChurnWorker(Setting setting, EventLoop loop, int slots) {
        super(setting, loop, 1);
        this.slots = slots;
    }

    @Override
    void start() {
        super.start();
        for (int i = 0; i < slots; i++) {
            openOne();
        }
    }

    @Override
    void ready(Client client) {
        client.send(1, client.createdNanos());
    }

    @Override
    void received(Client client, long first, int units, long now) {
        client.recordLatency(tally, first, units, now);
    }

    @Override
    void turn(Client client, int units) {
        client.close();
    }

    @Override
    void gone(Client client) {
        tally.count(1);
        if (running) openOne();
    }
}
