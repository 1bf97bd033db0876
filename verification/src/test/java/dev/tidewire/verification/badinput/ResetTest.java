package dev.tidewire.verification.badinput;

import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.verification.NoLeaks;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers that reset the connection right behind their last words, many times over: a transport may miss one in five. */
@ExtendWith(NoLeaks.class)
class ResetTest {
    private static final int TIMES = 200;

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "NIO"})
    void aResetCloseBehindDataIsNoticed(Transport transport) throws InterruptedException {
        BlockingQueue<Integer> closes = new LinkedBlockingQueue<>();
        ServerOptions options =
                ServerOptions.builder("127.0.0.1", 0).transport(transport).build();
        try (var server = new WebSocketServer(options)) {
            server.on(MESSAGE, (ws, frame) -> {});
            server.on(CLOSE, (ws, close) -> closes.add(close.code()));
            server.start();

            for (int i = 0; i < TIMES; i++) {
                RawClient client = RawClient.connect(server.localAddress());
                client.upgrade();
                client.sendMessage("my last words").reset();
                assertThat(closes.poll(10, TimeUnit.SECONDS)).isEqualTo(1006);
            }
        }
    }
}
