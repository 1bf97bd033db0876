package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;

/** Has one message come back on each connection, and then does nothing but answer pings. */
final class IdleWorker extends Worker {
    IdleWorker(Setting setting, EventLoop loop) {
        super(setting, loop, 1);
    }

    @Override
    void ready(Client client) {
        client.send(1, client.createdNanos());
    }
}
