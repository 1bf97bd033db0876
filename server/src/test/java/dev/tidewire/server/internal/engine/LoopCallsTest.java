package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.internal.time.LoopTime;
import dev.tidewire.testkit.FakeTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LoopCallsTest {
    private static final FakeTime TIME = new FakeTime(0);

    private final PostingLoop loop = new PostingLoop();
    private final LoopTurn turn = new LoopTurn(loop.loop(), new SendBudget(0).share(), Duration.ZERO);
    private final List<String> arrived = new ArrayList<>();

    @Test
    void theLoopIsCalledOnceForAllConnectionsAndLooksInTheirOrder() {
        Outbound a = connection(frame -> arrived.add("a"));
        Outbound b = connection(frame -> arrived.add("b"));
        Outbound c = connection(frame -> arrived.add("c"));

        send(a);
        send(b);
        send(a);
        send(c);

        assertThat(loop.posted()).isOne();
        loop.turn();
        assertThat(arrived).containsExactly("a", "a", "b", "c");
    }

    @Test
    void whatFailsForOneConnectionDoesNotKeepTheOthersWaiting() {
        Outbound a = connection(frame -> arrived.add("a"));
        Outbound failing = connection(frame -> {
            throw new IllegalStateException("no memory");
        });
        Outbound b = connection(frame -> arrived.add("b"));

        send(a);
        send(failing);
        send(b);

        assertThatThrownBy(loop::turn).hasMessage("no memory");
        loop.turn();
        assertThat(arrived).containsExactly("a", "b");
    }

    private Outbound connection(Consumer<ByteBuf> sequencer) {
        Outbound outbound = new Outbound(
                loop.channel(),
                turn,
                new Traffic(new LoopTime(TIME, TIME::nanoTime), new LoopCounts()),
                new SendLimits(10, 9, 2),
                new Nobody());
        loop.execute(() -> outbound.sequenceArrivals(sequencer));
        loop.turn();
        return outbound;
    }

    private static void send(Outbound outbound) {
        outbound.reserve(Piece.WHOLE, 1, 10);
        outbound.enqueue(Unpooled.wrappedBuffer(new byte[1]), Piece.WHOLE, null);
    }

    private static final class Nobody implements Outbound.Owner {
        @Override
        public void drained() {}

        @Override
        public void stuck() {}
    }
}
