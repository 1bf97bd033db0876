package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
@Timeout(30)
class ObserverTest implements ServerObserver {
    private final BlockingQueue<String> handled = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> counters = new LinkedBlockingQueue<>();
    private final CountDownLatch lags = new CountDownLatch(4);

    @Override
    public void handled(Event<?> event, String route, long nanos, boolean failed) {
        handled.add(event + " " + route + (nanos > 0 ? "" : " in no time") + (failed ? " failed" : ""));
    }

    @Override
    public void loopLagged(long nanos) {
        lags.countDown();
    }

    @Override
    public void counterAppeared(String name) {
        counters.add(name);
    }

    private WebSocketServer chat(Dispatch dispatch) {
        return new WebSocketServer(local(dispatch))
                .on(WebSocketServer.TASK, (ws, task) -> task.finish("done"))
                .on(WebSocketServer.FINISH, (ws, id, result) -> {})
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> {})
                .route(
                        "/chat/{room}",
                        chat -> chat.on(WebSocketServer.MESSAGE, (ws, frame) -> {
                            if (frame.text().equals("fail")) throw new IllegalStateException("as told");
                        }));
    }

    @InEveryDispatch
    void handlersAreMeasuredByEventAndRouteTemplate(Dispatch dispatch) {
        WebSocketServer server = chat(dispatch);
        server.observe(this);
        server.start();
        try (server;
                RawClient client = connect(server)) {
            client.upgrade("/chat/4711");
            client.sendMessage("fine");
            assertThat(take(handled)).isEqualTo("message /chat/{room}");
            client.sendMessage("fail");
            assertThat(take(handled)).isEqualTo("message /chat/{room} failed");
            server.task("work");
            assertThat(take(handled)).isEqualTo("task -");
            assertThat(take(handled)).isEqualTo("finish -");
        }
    }

    @InEveryDispatch
    void timersAreMeasuredAsHandlersAre(Dispatch dispatch) {
        WebSocketServer server = chat(dispatch);
        server.observe(this);
        try (WebSocketServer running = started(server)) {
            running.after(Duration.ZERO, () -> {});
            assertThat(take(handled)).isEqualTo("after -");
            running.after(Duration.ZERO, () -> {
                throw new IllegalStateException("as told");
            });
            assertThat(take(handled)).isEqualTo("after - failed");
            running.tick(Duration.ofMillis(1), running::clearTimer);
            assertThat(take(handled)).isEqualTo("tick -");
        }
    }

    @Test
    void theLagOfEveryLoopIsTold() {
        WebSocketServer server = chat(Dispatch.VIRTUAL);
        server.observe(this);
        try (WebSocketServer running = started(server)) {
            await(lags);
            assertThat(running.stats().loopLag()).isPositive();
        }
    }

    @Test
    void aCounterAppearsOnce() {
        WebSocketServer server = chat(Dispatch.VIRTUAL);
        server.observe(this);
        try (WebSocketServer running = started(server)) {
            for (int i = 0; i < 2; i++) {
                try (RawClient client = connect(running)) {
                    client.sendText(RawClient.upgradeRequest("/nowhere"));
                    assertThat(client.readHttpResponse().status()).isEqualTo(404);
                }
            }
            assertThat(counters).containsExactly("refused.path");
        }
    }

    @Test
    void whoHearsNoMoreIsLeftAlone() {
        WebSocketServer server = chat(Dispatch.EVENT_LOOP);
        server.observe(this);
        try (WebSocketServer running = started(server)) {
            try (RawClient client = connect(running)) {
                client.upgrade("/chat/1");
                client.sendMessage("heard");
                assertThat(take(handled)).startsWith("message");
                running.unobserve(this);
                client.sendMessage("unheard");
                client.sendHex("89 80 00 00 00 00");
                client.readFrame();

                assertThat(handled).isEmpty();
            }
        }
    }
}
