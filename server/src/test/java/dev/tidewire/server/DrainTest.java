package dev.tidewire.server;

import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.Stuck.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.testkit.RawClient;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class DrainTest {
    private static final int MAX_QUEUED = 200_000;

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void itComesOnceEachTimeThatAFullQueueHasDrained(Dispatch dispatch) {
        try (WebSocketServer server = server(dispatch);
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            for (int round = 0; round < 3; round++) {
                int sent = Stuck.fill(server, fd);
                heard.clear(); // until the socket was full, the queue may have drained now and then
                assertThat(server.push(fd, numbered(1))).isEqualTo(SendResult.DROPPED);
                for (int i = 0; i < sent; i++) {
                    client.readFrame();
                }

                assertThat(take(heard)).isEqualTo("drain " + fd + " with at most 1000");
                until(() -> server.queuedBytes(fd) == 0);
                assertThat(server.push(fd, "again")).isEqualTo(SendResult.SENT);
                client.expectText("again");
                assertThat(heard).isEmpty();
            }
        }
    }

    @InEveryDispatch
    void whoeverIsToldQueuedHearsOfTheDrainWhateverThreadsPush(Dispatch dispatch) throws InterruptedException {
        try (WebSocketServer server = server(dispatch);
                RawClient client = Fixture.open(server)) {
            long fd = take(fds);
            for (int round = 0; round < 20; round++) {
                Thread[] threads = new Thread[4];
                LinkedBlockingQueue<SendResult> results = new LinkedBlockingQueue<>();
                for (int t = 0; t < threads.length; t++) {
                    threads[t] = Thread.ofVirtual().start(() -> {
                        for (int i = 0; i < 200; i++) {
                            results.add(server.push(fd, numbered(i)));
                        }
                    });
                }
                for (Thread thread : threads) {
                    thread.join();
                }
                long taken = results.stream()
                        .filter(result -> result != SendResult.DROPPED)
                        .count();
                for (int i = 0; i < taken; i++) {
                    client.readFrame();
                }
                until(() -> server.queuedBytes(fd) == 0);

                if (results.contains(SendResult.QUEUED) || results.contains(SendResult.DROPPED)) take(heard);
                // Several crossings may have happened, but whoever is told QUEUED now must hear of a new one.
                heard.clear();
            }
        }
    }

    @InEveryDispatch
    void itDoesNotFollowTheEndOfTheConnection(Dispatch dispatch) {
        try (WebSocketServer server = server(dispatch)) {
            RawClient client = Stuck.open(server);
            long fd = take(fds);
            Stuck.fill(server, fd);
            heard.clear(); // of drains while the socket was filled
            client.reset();

            assertThat(take(heard)).isEqualTo("close");
            until(() -> server.queuedBytes() == 0);
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void plainConnectionsHaveItToo() {
        Server tcp = new Server(local().maxQueuedBytes(MAX_QUEUED).build());
        tcp.on(Server.CONNECT, (server, fd) -> fds.add(fd))
                .on(Server.RECEIVE, (server, fd, data) -> {})
                .on(Server.DRAIN, (server, fd) -> heard.add("drain"));
        try (Server server = started(tcp);
                RawClient client = Stuck.connect(server)) {
            long fd = take(fds);
            int sent = Stuck.fill(server, fd, 10_000);
            client.read(sent);

            assertThat(take(heard)).isEqualTo("drain");
        }
    }

    @Test
    void marksThatCannotBeAreRefused() {
        assertThatThrownBy(() -> local().queueMarks(10, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("highQueuedBytes must be over lowQueuedBytes (10), was 10");
        assertThatThrownBy(() -> local().queueMarks(-1, 10)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> local().queueMarks(0, 11).maxQueuedBytes(10).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("highQueuedBytes must not be over maxQueuedBytes (10), was 11");
    }

    private WebSocketServer server(Dispatch dispatch) {
        var options = local().dispatch(dispatch)
                .maxQueuedBytes(MAX_QUEUED)
                .queueMarks(1000, 100_000)
                .slowConsumer(SlowConsumer.DROP_NEWEST)
                .build();
        return started(listening(options, fds)
                .on(
                        WebSocketServer.DRAIN,
                        (ws, fd) -> heard.add(
                                "drain " + fd + (ws.queuedBytes(fd) <= 1000 ? " with at most 1000" : " early")))
                .on(WebSocketServer.CLOSE, (ws, close) -> heard.add("close")));
    }
}
