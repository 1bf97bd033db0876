package dev.tidewire.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final int STEPS = 100;

    @Test
    void theLoopLooksAtItsSocketsBetweenTwoAttempts() throws Exception {
        var sockets = new CountingHandler();
        try (var group = new MultiThreadIoEventLoopGroup(1, executor -> sockets)) {
            List<Integer> looksBefore = new ArrayList<>();
            var enough = new CompletableFuture<List<Integer>>();
            // A step that is never done is tried once in each turn.
            var pace = new Pace(group.next(), 1, dueNanos -> {
                looksBefore.add(sockets.looks);
                if (looksBefore.size() == STEPS) enough.complete(List.copyOf(looksBefore));
                return false;
            });

            group.next().execute(pace::start);

            assertThat(enough.get(30, TimeUnit.SECONDS)).doesNotHaveDuplicates();
            group.next().execute(pace::stop);
        }
    }

    /** Has no sockets, and counts how often it is asked to look at them; on the loop. */
    private static final class CountingHandler implements IoHandler {
        int looks;

        @Override
        public int run(IoHandlerContext context) {
            looks++;
            return 0;
        }

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> handleType) {
            return false;
        }

        @Override
        public void wakeup() {}

        @Override
        public void destroy() {}
    }
}
