package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class TimerTest {
    private static final Duration SHORT = Duration.ofMillis(10);

    private final BlockingQueue<Long> ran = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void runsWhereHandlersRunAndMayPush(Dispatch dispatch) {
        BlockingQueue<String> threads = new LinkedBlockingQueue<>();
        var server = echo(local(dispatch)).on(WebSocketServer.OPEN, (ws, request) -> {
            threads.add(Thread.currentThread().getName().replaceAll("\\d", ""));
            ws.after(SHORT, () -> {
                threads.add(Thread.currentThread().getName().replaceAll("\\d", ""));
                ws.push(request.fd(), "later");
            });
        });
        try (var running = started(server);
                RawClient client = open(running)) {
            client.expectText("later");

            assertThat(take(threads)).isEqualTo(take(threads));
        }
    }

    @InEveryDispatch
    void ticksUntilItIsClearedAndNeverTwiceAtATime(Dispatch dispatch) {
        AtomicBoolean runs = new AtomicBoolean();
        AtomicInteger together = new AtomicInteger();
        try (var server = started(echo(local(dispatch)))) {
            long timer = server.tick(Duration.ofMillis(1), number -> {
                if (!runs.compareAndSet(false, true)) together.incrementAndGet();
                LockSupport.parkNanos(2_000_000); // longer than a period
                runs.set(false);
                ran.add(number);
            });
            for (int i = 0; i < 10; i++) {
                assertThat(take(ran)).isEqualTo(timer);
            }

            assertThat(server.clearTimer(timer)).isTrue();
            assertThat(server.clearTimer(timer)).isFalse();
            assertThat(together).hasValue(0);
        }
    }

    @InEveryDispatch
    void whatATimerThrowsGoesToErrorAndTheTickGoesOn(Dispatch dispatch) {
        BlockingQueue<String> errors = new LinkedBlockingQueue<>();
        try (var server = started(
                echo(local(dispatch)).on(Server.ERROR, (ws, fd, cause) -> errors.add(fd + " " + cause.getMessage())))) {
            server.tick(SHORT, number -> {
                throw new IllegalStateException("of the tick");
            });
            assertThat(take(errors)).isEqualTo("0 of the tick");
            assertThat(take(errors)).isEqualTo("0 of the tick");
        }
    }

    @InEveryDispatch
    void theEndOfTheServerIsTheirsAndAwaitsTheOneThatRuns(Dispatch dispatch) {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        AtomicBoolean done = new AtomicBoolean();
        AtomicBoolean doneBeforeShutdown = new AtomicBoolean();
        var server = echo(local().dispatch(dispatch).threads(1).build())
                .on(Server.SHUTDOWN, (ws) -> doneBeforeShutdown.set(done.get()));
        started(server);
        server.tick(Duration.ofHours(1), ran::add);
        server.after(Duration.ZERO, () -> {
            begun.countDown();
            server.close();
            await(closing);
            done.set(true);
        });
        await(begun);
        server.after(Duration.ofDays(365), () -> ran.add(0L));
        closing.countDown();
        server.close();

        assertThat(doneBeforeShutdown).isTrue();
        assertThat(server.clearTimer(1)).isFalse();
        assertThat(server.after(Duration.ZERO, () -> ran.add(0L))).isPositive();
        assertThat(ran).isEmpty();
    }

    @Test
    void isRefusedWhenItCannotBe() {
        var server = echo(local().build());
        assertThat(server.clearTimer(1)).isFalse();
        assertThatThrownBy(() -> server.after(SHORT, () -> {})).isInstanceOf(IllegalStateException.class);
        try (server) {
            server.start();
            assertThatThrownBy(() -> server.after(Duration.ofMillis(-1), () -> {}))
                    .hasMessage("delay must be 0 to 365 days, was PT-0.001S");
            assertThatThrownBy(() -> server.after(Duration.ofDays(366), () -> {}))
                    .hasMessageStartingWith("delay must be 0 to 365 days");
            assertThatThrownBy(() -> server.tick(Duration.ofNanos(999_999), number -> {}))
                    .hasMessageStartingWith("period must be 1 ms to 365 days");
            assertThat(server.clearTimer(server.tick(Duration.ofMillis(1), number -> {})))
                    .isTrue();
        }
    }

    /** Also on loops that never had a connection. */
    @OnEveryTransport
    void whoSetsOneAfterTheEndIsToldNothingBad(Transport transport) {
        var server = started(echo(local().transport(transport).threads(4).build()));
        server.close();

        for (int i = 0; i < 8; i++) {
            assertThat(server.after(SHORT, () -> ran.add(0L))).isPositive();
        }
    }
}
