package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.http.Upgrade;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Another thread answers in the moment in which the handler throws. That moment is short: each is tried many times. */
@ExtendWith(NoLeaks.class)
class LateAnswerTest {
    private static final int TIMES = 1000;

    @Test
    void aRequestIsAnsweredByOneOfTheTwo() {
        var other = new OtherThread<HttpResponse>(response -> response.end("in time"));
        HttpServer http = new HttpServer(local(Dispatch.EVENT_LOOP))
                .on(HttpServer.REQUEST, (request, response) -> {
                    other.next = response;
                    throw new IllegalStateException("as asked");
                })
                .on(HttpServer.ERROR, (server, fd, cause) -> other.go());
        try (other;
                HttpServer server = started(http)) {
            for (int i = 0; i < TIMES; i++) {
                try (RawClient client = connect(server)) {
                    client.sendText("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
                    assertThat(client.readHttpResponse().text()).isIn("in time", "internal server error\n");
                    client.expectEof();
                }
            }
        }
    }

    @Test
    void aHandshakeIsDecidedByOneOfTheTwo() {
        var other = new OtherThread<Upgrade>(upgrade -> upgrade.reject(403));
        WebSocketServer webSocket = echo(local(Dispatch.EVENT_LOOP))
                .on(WebSocketServer.HANDSHAKE, (request, upgrade) -> {
                    other.next = upgrade;
                    throw new IllegalStateException("as asked");
                })
                .on(WebSocketServer.ERROR, (server, fd, cause) -> other.go());
        try (other;
                WebSocketServer server = started(webSocket)) {
            for (int i = 0; i < TIMES; i++) {
                try (RawClient client = connect(server)) {
                    client.sendText(RawClient.upgradeRequest("/"));
                    assertThat(client.readHttpResponse().status()).isIn(403, 500);
                    client.expectEof();
                }
            }
        }
    }

    /** Answers what it is given, a little later. */
    private static final class OtherThread<A> implements AutoCloseable {
        private final AtomicReference<@Nullable A> given = new AtomicReference<>();
        private final Consumer<A> answer;
        private final Thread thread;
        private volatile @Nullable A next;

        OtherThread(Consumer<A> answer) {
            this.answer = answer;
            thread = Thread.ofPlatform().start(this::run);
        }

        void go() {
            given.set(next);
        }

        @Override
        public void close() {
            thread.interrupt();
        }

        private void run() {
            Random random = new Random(1);
            while (!Thread.currentThread().isInterrupted()) {
                A now = given.getAndSet(null);
                if (now == null) continue;
                for (int i = random.nextInt(50); i > 0; i--) Thread.onSpinWait();
                try {
                    answer.accept(now);
                } catch (IllegalStateException tooLate) {
                    // The server was first.
                }
            }
        }
    }
}
