package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.PART;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class PartTest {
    @InEveryDispatch
    void aMessageTooLongToHoldIsTakenAsItComes(Dispatch dispatch) {
        int pieces = 64;
        byte[] piece = new byte[1 << 20];
        try (var server = started(new WebSocketServer(local().dispatch(dispatch)
                                .maxMessageBytes(Integer.MAX_VALUE - 8)
                                .build())
                        .on(PART, (ws, part) -> {
                            var sum = (AtomicLong)
                                    ws.attributes(part.fd()).computeIfAbsent("sum", key -> new AtomicLong());
                            long soFar = sum.addAndGet(part.bytes().length);
                            assertThat(part.bytes().length).isLessThanOrEqualTo(1 << 20);
                            assertThat(part.opcode()).isEqualTo(Opcode.BINARY);
                            if (part.fin()) ws.push(part.fd(), "got " + soFar);
                        }));
                RawClient client = open(server)) {
            for (int i = 0; i < pieces; i++) {
                client.sendFrame(i == 0 ? 2 : 0, i == pieces - 1, piece);
            }

            client.expectText("got " + pieces * (long) piece.length);
        }
    }

    @Test
    void aHandlerThatIsBusyMakesTheSenderWait() {
        CountDownLatch goOn = new CountDownLatch(1);
        AtomicLong taken = new AtomicLong();
        try (var server = started(new WebSocketServer(local().maxPendingBytes(100_000)
                                .maxMessageBytes(1 << 30)
                                .build())
                        .on(PART, (ws, part) -> {
                            await(goOn);
                            taken.addAndGet(part.bytes().length);
                            if (part.fin()) ws.push(part.fd(), "done");
                        }));
                RawClient client = open(server)) {
            long fd = server.connections().iterator().nextLong();
            Thread sender = Thread.startVirtualThread(() -> client.sendFrame(2, true, new byte[40 << 20]));
            until(() -> server.clientInfo(fd).orElseThrow().bytesReceived() > 100_000);

            assertThat(server.clientInfo(fd).orElseThrow().bytesReceived()).isLessThan(1 << 20);
            assertThat(sender.isAlive()).isTrue();

            goOn.countDown();
            client.expectText("done");
            assertThat(taken).hasValue(40 << 20);
        }
    }

    @Test
    void aRouteMayTakePartsWhileAnotherTakesMessages() {
        try (var server = started(new WebSocketServer(local().build())
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "whole"))
                .route("/whole", route -> {})
                .route(
                        "/parts",
                        route -> route.on(PART, (ws, part) -> {
                            if (part.fin()) ws.push(part.fd(), "parts");
                        })))) {
            try (RawClient client = connect(server)) {
                client.upgrade("/whole");
                client.sendMessage("x").expectText("whole");
            }
            try (RawClient client = connect(server)) {
                client.upgrade("/parts");
                client.sendMessage("x").expectText("parts");
            }
        }
    }
}
