package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.CloseEvent.Initiator;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.UncheckedIOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class PauseTest {
    /** More than the sockets between two processes hold. */
    private static final int MUCH_BYTES = 40 << 20;

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<Integer> closes = new LinkedBlockingQueue<>();
    private final BlockingQueue<Initiator> initiators = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void whatAPausedPeerSaysIsHeardWhenItIsResumed(Dispatch dispatch) throws InterruptedException {
        try (var server = started(listening(dispatch));
                RawClient client = open(server)) {
            long fd = take(fds);
            assertThat(server.pause(fd)).isTrue();
            byte[] more = new byte[4 << 20];
            long before = server.clientInfo(fd).orElseThrow().bytesReceived();
            Thread sender = Thread.startVirtualThread(() -> {
                for (int i = 0; i < 16; i++) {
                    client.sendMessage(more);
                }
                client.sendMessage("at last");
            });

            // The pause has reached the loop by the time a push from this thread has.
            server.push(fd, "you are paused");
            client.expectText("you are paused");
            assertThat(server.clientInfo(fd).orElseThrow().bytesReceived() - before)
                    .isLessThan(16L * more.length);
            assertThat(server.resume(fd)).isTrue();

            for (int i = 0; i < 16; i++) {
                assertThat(take(messages)).isEqualTo("" + more.length);
            }
            assertThat(take(messages)).isEqualTo("7");
            sender.join();
        }
    }

    @InEveryDispatch
    void aPausedConnectionIsClosedPolitely(Dispatch dispatch) {
        try (var server = started(listening(dispatch));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.pause(fd);
            server.disconnect(fd, 4001, "enough");
            client.expectClose(4001);
            client.sendClose(4001);
            assertThat(take(closes)).isEqualTo(4001);
        }
    }

    @InEveryDispatch
    void aPauseBehindTheCloseHoldsUpNothing(Dispatch dispatch) {
        try (var server = started(listening(dispatch));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.disconnect(fd, 4001, "enough");
            client.expectClose(4001);
            server.pause(fd);
            client.sendClose(4001);
            assertThat(take(closes)).isEqualTo(4001);
            assertThat(server.counters()).doesNotContainKey("limit.closeTimeout");
        }
    }

    /** Whether it is received for in the usual way, or for a long message, or about to be again in the usual one. */
    @OnEveryTransport
    void aPauseOfAMomentIsNotTheLast(Transport transport) {
        WebSocketServer moody = new WebSocketServer(local().transport(transport)
                        .dispatch(Dispatch.EVENT_LOOP)
                        .build())
                .on(MESSAGE, (ws, frame) -> {
                    ws.pause(frame.fd());
                    ws.push(frame.fd(), "heard");
                    ws.resume(frame.fd());
                });
        try (var server = started(moody);
                RawClient client = open(server)) {
            client.sendMessage(new byte[1 << 20]).expectText("heard");
            for (int i = 0; i < 200; i++) {
                client.sendMessage("short").expectText("heard");
            }
        }
    }

    @OnEveryTransport
    void aPausedPeerIsReadAgainWhenItsConnectionIsClosed(Transport transport) throws Exception {
        try (var server = started(new Server(local().transport(transport).build())
                        .on(Server.CONNECT, (tcp, fd) -> fds.add(fd))
                        .on(Server.RECEIVE, (_, _, _) -> {}));
                RawClient client = connect(server)) {
            long fd = take(fds);
            server.pause(fd);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> client.send(new byte[MUCH_BYTES]));
            until(() -> server.send(fd, new byte[] {1}) == SendResult.SENT);
            server.close(fd);

            sending.get(10, TimeUnit.SECONDS);
            assertThat(client.readToEnd()).containsExactly(1);
        }
    }

    @OnEveryTransport
    void soIsOneWhoseHandlerIsBehind(Transport transport) throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        try (var server = started(new Server(local().transport(transport)
                                .maxPendingBytes(100_000)
                                .build())
                        .on(Server.CONNECT, (tcp, fd) -> fds.add(fd))
                        .on(Server.RECEIVE, (_, _, _) -> {
                            entered.countDown();
                            await(goOn);
                        }));
                RawClient client = connect(server)) {
            long fd = take(fds);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> client.send(new byte[MUCH_BYTES]));
            await(entered);
            until(() -> server.counters().containsKey("limit.maxPendingBytes"));
            server.send(fd, new byte[] {1});
            server.close(fd);
            goOn.countDown();

            sending.get(10, TimeUnit.SECONDS);
            assertThat(client.readToEnd()).containsExactly(1);
        }
    }

    @InEveryDispatch
    void anAbortedPeerSeesAResetAndNothingOfWhatWaited(Dispatch dispatch) {
        try (var server = started(listening(dispatch));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.push(fd, new byte[512 * 1024]);

            assertThat(server.abort(fd)).isTrue();

            assertThatThrownBy(client::readToEnd).isInstanceOf(UncheckedIOException.class);
            assertThat(take(closes)).isEqualTo(1006);
            assertThat(take(initiators)).isEqualTo(Initiator.SERVER);
        }
    }

    @Test
    void nobodyIsPausedOrAbortedWhoIsNotThere() {
        try (var server = started(listening(Dispatch.VIRTUAL))) {
            assertThat(server.pause(17)).isFalse();
            assertThat(server.resume(17)).isFalse();
            assertThat(server.abort(17)).isFalse();
        }
    }

    private WebSocketServer listening(Dispatch dispatch) {
        return new WebSocketServer(
                        local().dispatch(dispatch).maxMessageBytes(8 << 20).build())
                .on(OPEN, (ws, request) -> fds.add(request.fd()))
                .on(MESSAGE, (ws, frame) -> messages.add("" + frame.bytes().length))
                .on(CLOSE, (ws, close) -> {
                    closes.add(close.code());
                    initiators.add(close.initiator());
                });
    }
}
