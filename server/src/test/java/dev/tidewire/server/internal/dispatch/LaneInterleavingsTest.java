package dev.tidewire.server.internal.dispatch;

import static dev.tidewire.server.internal.Interleavings.explore;
import static dev.tidewire.server.internal.Interleavings.require;
import static dev.tidewire.server.internal.Interleavings.shared;
import static dev.tidewire.server.internal.Interleavings.together;

import dev.tidewire.server.internal.Interleavings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Interleavings.TAG)
class LaneInterleavingsTest {
    /** Events that tell when another one runs at the same time. What they change is not even volatile: it is for the lane to order them. */
    private static final class Events {
        final List<Integer> ran = new ArrayList<>();
        boolean overlapped;
        private boolean running;

        Runnable event(int number) {
            return () -> {
                if (running) overlapped = true;
                running = true;
                ran.add(number);
                running = false;
            };
        }
    }

    @Test
    @Tag(Interleavings.LONG)
    void anEventThatComesWhileTheLaneFallsIdleRunsOnceAndInItsOrder() {
        explore(() -> {
            StartedThreads threads = new StartedThreads();
            Lane lane = shared(new VirtualLanes(0, threads).lane(1));
            Events events = shared(new Events());

            together(() -> {
                lane.execute(events.event(1));
                lane.execute(events.event(2));
            });
            threads.join();

            require(events.ran.equals(List.of(1, 2)), "each once and in order");
            require(!events.overlapped, "one at a time");
            require(lane.isIdle(), "nothing is left");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void eventsFromTwoThreadsRunOneAtATime() {
        explore(() -> {
            StartedThreads threads = new StartedThreads();
            Lane lane = shared(new VirtualLanes(0, threads).lane(1));
            Events events = shared(new Events());

            together(() -> lane.execute(events.event(1)), () -> lane.execute(events.event(2)));
            threads.join();

            require(events.ran.size() == 2, "each once");
            require(!events.overlapped, "one at a time");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void ofLanesThatTakeTurnsEachRunsAndNeverTwoAtATime() {
        explore(() -> {
            StartedThreads threads = new StartedThreads();
            VirtualLanes lanes = new VirtualLanes(1, threads);
            Lane one = shared(lanes.lane(1));
            Lane other = shared(lanes.lane(2));
            Events events = shared(new Events());

            together(() -> {
                one.execute(events.event(1));
                one.execute(events.event(2));
                other.execute(events.event(3));
            });
            threads.join();

            require(events.ran.size() == 3, "each once");
            require(events.ran.indexOf(1) < events.ran.indexOf(2), "in order");
            require(!events.overlapped, "one at a time");
            require(one.isIdle() && other.isIdle(), "nothing is left");
        });
    }
}
