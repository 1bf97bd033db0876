package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.ListenerOptions;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class PushStreamTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();

    @Test
    void aMessageLongerThanTheQueueLeavesAsTheClientReadsIt() {
        try (var server = started(listening(local().maxQueuedBytes(100_000).build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            CompletableFuture<Integer> most = CompletableFuture.supplyAsync(() -> stream(server, fd, 20 << 20));

            long received = 0;
            RawFrame frame;
            int frames = 0;
            do {
                frame = client.readFrame();
                assertThat(frame.opcode()).isEqualTo(frames++ == 0 ? 2 : 0);
                received += frame.payload().length;
            } while (!frame.fin());

            assertThat(received).isEqualTo(20 << 20);
            assertThat(most.join()).isLessThanOrEqualTo(100_000);
            server.push(fd, "next");
            client.expectText("next");
        }
    }

    @Test
    void wholeMessagesThatArePushedMeanwhileWaitForItsEnd() {
        try (var server = started(listening(local().maxQueuedBytes(100_000).build(), fds));
                RawClient client = Stuck.open(server)) {
            long fd = take(fds);
            CompletableFuture<Integer> streaming = CompletableFuture.supplyAsync(() -> stream(server, fd, 4 << 20));
            Fixture.settled(() -> server.queuedBytes(fd));

            int held = 0;
            SendResult result;
            while ((result = server.push(fd, Stuck.numbered(held))) != SendResult.DROPPED) {
                assertThat(result).isEqualTo(SendResult.QUEUED);
                held++;
            }

            assertThat(held * Stuck.FRAME_BYTES).isBetween(50_000 - Stuck.FRAME_BYTES, 50_000);
            assertThat(client.readMessage().payload()).hasSize(4 << 20);
            for (int i = 0; i < held; i++) {
                assertThat(Stuck.numberOf(client.readFrame().payload())).isEqualTo(i);
            }
            assertThat(streaming.join()).isLessThanOrEqualTo(100_000);
        }
    }

    @Test
    void aClientThatDoesNotReadIsWaitedForOnlySoLong() throws IOException {
        try (var server = started(listening(local().maxQueuedBytes(100_000).build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            OutputStream stream = server.pushStream(fd, Opcode.BINARY, Duration.ofMillis(50));

            assertThatThrownBy(() -> {
                        for (int i = 0; i < 2_000; i++) {
                            stream.write(new byte[10_000]);
                        }
                    })
                    .isInstanceOf(SocketTimeoutException.class);
            server.disconnect(fd, 1013, "");
        }
    }

    @Test
    void fragmentsFitTheQueueOfTheListener() throws IOException {
        WebSocketServer server = listening(local().build(), fds);
        Listener small = server.listen(
                "127.0.0.1", 0, ListenerOptions.webSocket().with(options -> options.maxQueuedBytes(8192)));
        try (var running = started(server);
                RawClient client = RawClient.connect((InetSocketAddress) small.address())) {
            client.upgrade();
            try (OutputStream stream = running.pushStream(take(fds), Opcode.BINARY, LONG)) {
                stream.write(new byte[20_000]);
            }

            int received = 0;
            RawFrame frame;
            do {
                frame = client.readFrame();
                received += frame.payload().length;
            } while (!frame.fin());
            assertThat(received).isEqualTo(20_000);
        }
    }

    @Test
    void theEndOfTheConnectionEndsTheWait() {
        try (var server = started(listening(local().maxQueuedBytes(100_000).build(), fds))) {
            RawClient client = open(server);
            long fd = take(fds);
            CompletableFuture<Integer> most = CompletableFuture.supplyAsync(() -> stream(server, fd, 20 << 20));
            Fixture.until(() -> server.queuedBytes(fd) > 30_000);
            client.reset();

            assertThatThrownBy(most::join).hasRootCauseInstanceOf(IOException.class);
            assertThatThrownBy(() -> server.pushStream(fd, Opcode.TEXT, LONG).close())
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void anEmptyStreamIsAnEmptyMessage() throws IOException {
        try (var server = started(listening(local().build(), fds));
                RawClient client = connect(server)) {
            client.upgrade();
            server.pushStream(take(fds), Opcode.TEXT, LONG).close();

            client.expectText("");
        }
    }

    /** Gives the most that was ever queued. */
    private static int stream(WebSocketServer server, long fd, int bytes) {
        int most = 0;
        try (OutputStream stream = server.pushStream(fd, Opcode.BINARY, LONG)) {
            for (int i = 0; i < bytes; i += 1 << 16) {
                stream.write(new byte[1 << 16]);
                most = Math.max(most, server.queuedBytes(fd));
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        return most;
    }
}
