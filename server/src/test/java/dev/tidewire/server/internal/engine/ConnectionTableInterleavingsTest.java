package dev.tidewire.server.internal.engine;

import static dev.tidewire.server.internal.Interleavings.explore;
import static dev.tidewire.server.internal.Interleavings.require;
import static dev.tidewire.server.internal.Interleavings.shared;
import static dev.tidewire.server.internal.Interleavings.together;

import dev.tidewire.server.internal.Interleavings;
import dev.tidewire.server.internal.dispatch.Lanes;
import dev.tidewire.server.internal.limits.AddressKey;
import dev.tidewire.server.internal.limits.Admission;
import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(Interleavings.TAG)
class ConnectionTableInterleavingsTest {
    /** By fd. */
    private static final Connection[] CONNECTIONS = new Connection[5];

    static {
        PostingLoop loop = new PostingLoop();
        FakeTime fake = new FakeTime(0);
        LoopTime time = new LoopTime(fake, fake::nanoTime);
        LoopTurn turn = new LoopTurn(loop.loop(), loop, new SendBudget(0).share(), Duration.ZERO);
        LoopState state = new LoopState(turn, time, new LoopCounts(), Lanes.of(Dispatch.EVENT_LOOP));
        Counters counters = new Counters();
        StreamListening listening = new StreamListening(
                ServerOptions.of("127.0.0.1", 0), connection -> {}, counters, (where, channel) -> {});
        Admission admission = new Admission(0, 0, 0, fake::nanoTime);
        for (int fd = 1; fd < CONNECTIONS.length; fd++) {
            CONNECTIONS[fd] = new Connection(
                    fd, loop.channel(), listening, state, new ConnectionTable(), admission, AddressKey.NONE, counters);
        }
    }

    @Test
    void aConnectionIsFoundAndWalkedOnceWhileTheTableGrows() {
        explore(() -> {
            ConnectionTable table = shared(new ConnectionTable(2));
            Connection held = add(table);

            together(() -> add(table), () -> {
                require(table.find(1) == held, "it is found");
                require(walk(table).indexOf(held) == walk(table).lastIndexOf(held), "at most once");
                require(walk(table).contains(held), "and at least once");
            });

            require(walk(table).size() == 2 && table.find(2) == CONNECTIONS[2], "the other one is there, too");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void anFdThatIsGoneFindsNobodyWhoeverHasItsSlot() {
        explore(() -> {
            ConnectionTable table = shared(new ConnectionTable(2));
            Connection first = add(table);

            together(
                    () -> {
                        table.remove(first);
                        table.remove(add(table));
                        add(table); // in the slot of the first
                    },
                    () -> {
                        Connection found = table.find(1);
                        require(found == null || found == first, "nobody else");
                        require(found == first || table.find(1) == null, "nor does it come back");
                    });

            require(
                    table.find(1) == null && table.find(3) == CONNECTIONS[3] && table.held() == 1,
                    "only the last is held");
        });
    }

    @Test
    @Tag(Interleavings.LONG)
    void connectionsThatComeAtTheSameTimeHaveFdsOfTheirOwn() {
        explore(() -> {
            ConnectionTable table = shared(new ConnectionTable(2));
            Connection[] made = new Connection[2];

            together(() -> made[0] = add(table), () -> made[1] = add(table));

            require(made[0] != made[1] && table.held() == 2 && table.count() == 2, "two");
            require(table.find(made[0].fd()) == made[0] && table.find(made[1].fd()) == made[1], "both are found");
        });
    }

    private static Connection add(ConnectionTable table) {
        return table.add(fd -> CONNECTIONS[(int) fd]);
    }

    private static List<Connection> walk(ConnectionTable table) {
        List<Connection> seen = new ArrayList<>();
        ConnectionTable.Walk walk = table.walk();
        while (walk.hasNext()) seen.add(walk.nextConnection());
        return seen;
    }
}
