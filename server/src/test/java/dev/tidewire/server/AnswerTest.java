package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.connection.SendResult.CLOSED;
import static dev.tidewire.server.connection.SendResult.DROPPED;
import static dev.tidewire.server.connection.SendResult.QUEUED;
import static dev.tidewire.server.connection.SendResult.SENT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.ClosePayload;
import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.SlowConsumer;
import dev.tidewire.testkit.RawClient;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a handler pushes to the connection whose message it handles, on the event loop in the middle of a read: there is a shorter way for it. */
@ExtendWith(NoLeaks.class)
class AnswerTest {
    /** A hundred on the wire. */
    private static final int PAYLOAD_BYTES = 98;

    private final BlockingQueue<List<SendResult>> results = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void aConnectionOfAnotherServerMayHaveTheSameNumber(Dispatch dispatch) {
        var other = new WebSocketServer(local(dispatch)).on(WebSocketServer.MESSAGE, (ws, frame) -> {});
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> other.push(frame.fd(), "for " + frame.text()));
        try (server;
                other;
                RawClient client = open(started(server));
                RawClient otherClient = open(started(other))) {
            long fd = server.connections().iterator().nextLong();
            assertThat(other.exists(fd)).isTrue();

            client.sendMessage("the other");
            otherClient.expectText("for the other");
            server.push(fd, "nothing before this");
            client.expectText("nothing before this");
        }
    }

    @InEveryDispatch
    void whatAnotherThreadPushedBeforeComesBefore(Dispatch dispatch) {
        try (WebSocketServer server = answering(local(dispatch), (ws, fd) -> {
                    SendResult first = fromAnotherThread(() -> ws.push(fd, "first"));
                    return List.of(first, ws.push(fd, "second"));
                });
                RawClient client = open(server)) {
            client.sendMessage("go");

            client.expectText("first");
            client.expectText("second");
            assertThat(take(results)).containsExactly(SENT, SENT);
        }
    }

    @Test
    void theMarkAndTheBoundHoldWithinOneRead() {
        ServerOptions options = onTheLoop()
                .maxQueuedBytes(1_500)
                .queueMarks(500, 1_000)
                .slowConsumer(SlowConsumer.DROP_NEWEST)
                .build();
        try (WebSocketServer server = answering(options, pushes(16));
                RawClient client = open(server)) {
            client.sendMessage("go");

            List<SendResult> told = take(results);
            assertThat(told.subList(0, 10)).containsOnly(SENT);
            assertThat(told.subList(10, 15)).containsOnly(QUEUED);
            assertThat(told.subList(15, 16)).containsOnly(DROPPED);
            for (int i = 0; i < 15; i++) {
                assertThat(client.readFrame().payload()).hasSize(PAYLOAD_BYTES);
            }
        }
    }

    @Test
    void theBudgetOfTheServerHolds() {
        ServerOptions options = onTheLoop().maxTotalQueuedBytes(64 << 10).build();
        try (WebSocketServer server = answering(options, pushes(1_000));
                RawClient client = open(server)) {
            client.sendMessage("go");

            long taken =
                    take(results).stream().filter(result -> result != DROPPED).count();
            // One connection may have a quarter of what is free.
            assertThat(taken * 100).isBetween(8L << 10, 20L << 10);
            for (int i = 0; i < taken; i++) client.readFrame();
            until(() -> server.queuedBytes() == 0);
        }
    }

    @Test
    void onlyWholeMessagesHaveAShortWay() {
        try (WebSocketServer server = answering(onTheLoop().build(), (ws, fd) -> {
                    assertThatThrownBy(() -> ws.push(fd, "of nothing", Opcode.CONTINUATION, true))
                            .isInstanceOf(IllegalStateException.class);
                    ws.push(fd, "", Opcode.PING, true);
                    return List.of(ws.push(fd, ClosePayload.encode(4000, ""), Opcode.CLOSE, true), ws.push(fd, "late"));
                });
                RawClient client = open(server)) {
            client.sendMessage("go");

            assertThat(client.readFrame().opcode()).isEqualTo(Opcode.PING.code());
            client.expectClose(4000);
            assertThat(take(results)).containsExactly(SENT, CLOSED);
        }
    }

    @Test
    void nothingFollowsADisconnect() {
        try (WebSocketServer server = answering(onTheLoop().build(), (ws, fd) -> {
                    ws.push(fd, "last");
                    ws.disconnect(fd, 4000, "");
                    return List.of(ws.push(fd, "late"));
                });
                RawClient client = open(server)) {
            client.sendMessage("go");

            client.expectText("last");
            client.expectClose(4000);
            assertThat(take(results)).containsExactly(CLOSED);
        }
    }

    private interface Answer {
        List<SendResult> to(WebSocketServer server, long fd);
    }

    private WebSocketServer answering(ServerOptions options, Answer answer) {
        return started(new WebSocketServer(options)
                .on(WebSocketServer.MESSAGE, (ws, frame) -> results.add(answer.to(ws, frame.fd()))));
    }

    private static Answer pushes(int times) {
        return (ws, fd) -> IntStream.range(0, times)
                .mapToObj(_ -> ws.push(fd, new byte[PAYLOAD_BYTES]))
                .toList();
    }

    private static SendResult fromAnotherThread(Supplier<SendResult> push) {
        return CompletableFuture.supplyAsync(push).join();
    }

    private static ServerOptions.Builder onTheLoop() {
        return local().dispatch(Dispatch.EVENT_LOOP);
    }
}
