package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
@Timeout(60)
class FlightRecorderTest {
    private final BlockingQueue<RecordedEvent> recorded = new LinkedBlockingQueue<>();

    private RecordingStream recording(String event) {
        RecordingStream stream = new RecordingStream();
        stream.enable("dev.tidewire." + event);
        stream.onEvent("dev.tidewire." + event, recorded::add);
        stream.startAsync();
        return stream;
    }

    @Test
    void aSlowHandlerIsRecordedAndAQuickOneIsNot() {
        CountDownLatch slow = new CountDownLatch(1);
        try (RecordingStream stream = recording("SlowHandler");
                WebSocketServer server =
                        started(new WebSocketServer(local().build()).on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            // What is measured is time: nothing else would do.
                            if (frame.text().equals("slow")) slow.await(30, java.util.concurrent.TimeUnit.MILLISECONDS);
                            ws.push(frame.fd(), frame.text());
                        }));
                RawClient client = open(server)) {
            client.sendMessage("quick").expectText("quick");
            client.sendMessage("slow").expectText("slow");
            client.sendMessage("after").expectText("after"); // by now the slow one has returned
            stream.stop();

            RecordedEvent event = take(recorded);
            assertThat(event.getLong("fd")).isEqualTo(1);
            assertThat(event.getString("event")).isEqualTo("message");
            assertThat(event.getString("route")).isEqualTo("*");
            assertThat(event.getDuration()).isGreaterThanOrEqualTo(Duration.ofMillis(20));
        }
    }

    @Test
    void aStalledLoopIsRecorded() {
        CountDownLatch release = new CountDownLatch(1);
        try (RecordingStream stream = recording("LoopStall");
                WebSocketServer server = started(new WebSocketServer(local(Dispatch.EVENT_LOOP))
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> await(release)));
                RawClient client = open(server)) {
            client.sendMessage("stall");
            until(() -> server.stats().loopLag().toMillis() > 100);
            release.countDown();
            until(() -> server.stats().loopLag().toMillis() < 100);
            stream.stop();

            until(() -> recorded.stream()
                    .anyMatch(event -> event.getDuration("lagNanos").toMillis() > 100));
        }
    }

    @Test
    void aPeerThatTakesNothingIsRecordedWhenItIsCutOff() {
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        try (RecordingStream stream = recording("SlowConsumer");
                WebSocketServer server = started(Fixture.listening(
                        local().maxQueuedBytes(16 << 20)
                                .writeTimeout(Duration.ofMillis(300))
                                .build(),
                        fds));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            assertThat(server.push(fd, new byte[15 << 20])).isEqualTo(SendResult.SENT);
            until(() -> !server.exists(fd));
            stream.stop();

            assertThat(server.counters()).containsEntry("slow.cut_off", 1L);
            assertRecorded(fd, "cut_off");
            assertThat(client.localAddress()).isNotNull();
        }
    }

    @Test
    void aMessageDroppedForASlowPeerIsRecorded() {
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        try (RecordingStream stream = recording("SlowConsumer");
                WebSocketServer server = started(Fixture.listening(
                        local().maxQueuedBytes(1 << 20)
                                .slowConsumer(SlowConsumer.DROP_NEWEST)
                                .build(),
                        fds));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            byte[] much = new byte[256 << 10];
            while (server.push(fd, much) != SendResult.DROPPED) {}
            stream.stop();

            assertRecorded(fd, "drop_newest");
            assertThat(client.localAddress()).isNotNull();
        }
    }

    private void assertRecorded(long fd, String action) {
        RecordedEvent event = take(recorded);
        assertThat(event.getLong("fd")).isEqualTo(fd);
        assertThat(event.getString("action")).isEqualTo(action);
        assertThat(event.getLong("queuedBytes")).isPositive();
    }
}
