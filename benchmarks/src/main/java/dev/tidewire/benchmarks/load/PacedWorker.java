package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;

/** Sends at a steady rate, each time from the next client. */
final class PacedWorker extends Worker {
    private static final int MOST_IN_FLIGHT = 64;

    private final Pace pace;
    private int next;

    PacedWorker(Setting setting, EventLoop loop, double messagesPerSecond) {
        super(setting, loop, MOST_IN_FLIGHT);
        this.pace = new Pace(loop, messagesPerSecond, this::send);
    }

    @Override
    void start() {
        super.start();
        pace.start();
    }

    @Override
    void stop() {
        super.stop();
        pace.stop();
    }

    private boolean send(long dueNanos) {
        for (int tries = clients.size(); tries > 0; tries--) {
            Client client = clients.get(next++ % clients.size());
            if (client.inFlight() < MOST_IN_FLIGHT) {
                client.send(1, dueNanos);
                return true;
            }
        }
        return false;
    }
}
