package dev.tidewire.benchmarks.load;

import io.netty.channel.EventLoop;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;

/** Subscribers, and on the first worker the one client who speaks. */
final class FanOutWorker extends Worker {
    private final Room room;
    private final boolean speaks;
    private final @Nullable Pace pace;

    /** What all workers of one run see. */
    static final class Room {
        /** Rounds that may be under way, a power of two. */
        private static final int MOST_ROUNDS = 1 << 11;

        private final int members;
        private final int messagesPerSecond;
        private final AtomicLongArray dueNanos = new AtomicLongArray(MOST_ROUNDS);
        /** Of each round under way, the members who have not got it yet. */
        private final AtomicIntegerArray missing = new AtomicIntegerArray(MOST_ROUNDS);

        private volatile @Nullable FanOutWorker speaker;

        Room(int members, int messagesPerSecond) {
            this.members = members;
            this.messagesPerSecond = messagesPerSecond;
        }
    }

    FanOutWorker(Setting setting, EventLoop loop, Room room, boolean speaks) {
        super(setting, loop, Room.MOST_ROUNDS);
        this.room = room;
        this.speaks = speaks;
        this.pace = room.messagesPerSecond == 0 ? null : new Pace(loop, room.messagesPerSecond, this::speak);
        if (speaks) room.speaker = this;
    }

    @Override
    boolean othersMaySend() {
        return true;
    }

    @Override
    boolean isQuiet() {
        if (clients.isEmpty()) return true;
        Client first = clients.getFirst();
        return clients.stream().allMatch(client -> client.received() == first.received())
                && (!speaks || first.inFlight() == 0);
    }

    @Override
    void start() {
        super.start();
        if (!speaks) return;
        if (pace == null) {
            speak(System.nanoTime());
        } else {
            pace.start();
        }
    }

    @Override
    void stop() {
        super.stop();
        if (pace != null) pace.stop();
    }

    private boolean speak(long due) {
        if (clients.isEmpty()) return false; // it has failed
        Client client = clients.getFirst();
        int slot = slot(client.received() + client.inFlight());
        if (room.missing.get(slot) != 0) return false; // somebody is as many rounds behind as there are slots
        room.dueNanos.set(slot, due);
        room.missing.set(slot, room.members);
        client.send(1, due);
        return true;
    }

    @Override
    void received(Client client, long first, int units, long now) {
        tally.count(units);
        for (int i = 0; i < units; i++) {
            int slot = slot(first + i);
            tally.record(now - room.dueNanos.get(slot), 1);
            if (room.missing.decrementAndGet(slot) == 0 && pace == null) next();
        }
    }

    private void next() {
        FanOutWorker speaker = room.speaker;
        if (speaker == null) return;
        if (speaker == this) {
            speakAgain();
        } else {
            speaker.loop().execute(speaker::speakAgain);
        }
    }

    private void speakAgain() {
        if (running) speak(System.nanoTime());
    }

    private static int slot(long round) {
        return (int) (round & Room.MOST_ROUNDS - 1);
    }
}
