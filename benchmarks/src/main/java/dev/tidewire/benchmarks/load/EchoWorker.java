package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;

/** Sends as many units as came back. */
final class EchoWorker extends Worker {
    private final int inFlight;

    EchoWorker(Setting setting, EventLoop loop, int inFlight) {
        super(setting, loop, inFlight);
        this.inFlight = inFlight;
    }

    @Override
    void start() {
        super.start();
        clients.forEach(client -> client.send(inFlight, System.nanoTime()));
    }

    @Override
    void turn(Client client, int units) {
        if (running) client.send(units, System.nanoTime());
    }
}
