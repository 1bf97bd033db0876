package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.shop.Checkout;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
@Timeout(30)
class LoopStallTest {
    private static final Duration THRESHOLD = Duration.ofMillis(50);

    private final Checkout checkout = new Checkout();

    private WebSocketServer shop(Dispatch dispatch, Duration threshold) {
        return started(new WebSocketServer(
                        local().dispatch(dispatch).loopStallThreshold(threshold).build())
                .on(WebSocketServer.MESSAGE, checkout));
    }

    /** Or the loop is held by the loading of what it needs for its first connection, longer than the threshold on a busy machine. */
    @BeforeAll
    static void firstConnection() {
        Checkout open = new Checkout();
        open.paid.countDown();
        try (WebSocketServer server = started(new WebSocketServer(
                                local().dispatch(Dispatch.EVENT_LOOP).build())
                        .on(WebSocketServer.MESSAGE, open));
                RawClient client = open(server)) {
            client.sendMessage("buy").expectText("paid");
        }
    }

    @Test
    void aHandlerThatHoldsALoopIsNamedOnce() {
        try (LogLines log = new LogLines("dev.tidewire.server");
                WebSocketServer server = shop(Dispatch.EVENT_LOOP, THRESHOLD);
                RawClient client = open(server)) {
            client.sendMessage("buy");

            assertThat(log.next("event=loop_stalled"))
                    .matches("event=loop_stalled loop=tidewire-loop-\\S+ held_ms=\\d+"
                            + " by=com.example.shop.Checkout.handle\\(Checkout.java:14\\)");
            until(() -> server.stats().loopLag().compareTo(THRESHOLD.multipliedBy(4)) > 0);
            checkout.paid.countDown();
            client.expectText("paid");
            assertThat(server.counters()).containsEntry("loop.stalled", 1L);
            until(() -> server.stats().loopLag().compareTo(THRESHOLD) < 0);
        }
    }

    @Test
    void aVirtualThreadMayWait() {
        try (WebSocketServer server = shop(Dispatch.VIRTUAL, Duration.ofMillis(500));
                RawClient client = open(server);
                RawClient beside = open(server)) {
            client.sendMessage("buy");
            until(() -> server.stats().concurrency() == 1);
            beside.sendHex("89 80 00 00 00 00");
            beside.readFrame();

            assertThat(server.counters()).doesNotContainKey("loop.stalled");
            checkout.paid.countDown();
            client.expectText("paid");
        }
    }

    @Test
    void zeroNamesNobodyAndStillMeasures() {
        try (WebSocketServer server = shop(Dispatch.EVENT_LOOP, Duration.ZERO);
                RawClient client = open(server)) {
            client.sendMessage("buy");
            until(() -> server.stats().loopLag().toMillis() > 250);
            checkout.paid.countDown();
            client.expectText("paid");

            assertThat(server.counters()).isEmpty();
        }
    }

    @Test
    void thresholdsThatABusyMachineMissesAreRefused() {
        assertThat(local().loopStallThreshold(Duration.ofMillis(10)).build().loopStallThreshold())
                .isEqualTo(Duration.ofMillis(10));
        assertThatThrownBy(() -> local().loopStallThreshold(Duration.ofMillis(9)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("loopStallThreshold must be 0 or at least 10 ms, was PT0.009S");
    }
}
