package dev.tidewire.server.internal.engine;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

class EngineTest {
    @Test
    void aConnectionThatCannotBeginTakesNoPlace() throws Exception {
        ServerOptions options = ServerOptions.builder("127.0.0.1", 0)
                .threads(1)
                .dispatch(Dispatch.EVENT_LOOP)
                .maxConnections(1)
                .build();
        BlockingQueue<Long> begun = new LinkedBlockingQueue<>();
        Engine engine = new Engine(options, List.of(options));
        StreamListening listening = engine.listen(options, connection -> {
            begun.add(connection.fd());
            throw new OutOfMemoryError("for the test");
        });
        engine.start();
        try {
            connectUntilClosed(listening);
            connectUntilClosed(listening);

            assertThat(begun.poll(10, SECONDS)).isOne();
            assertThat(begun.poll(10, SECONDS)).isEqualTo(2);
            assertThat(engine.connections().held()).isZero();
        } finally {
            engine.drain(Duration.ZERO, false);
            engine.end(0);
        }
    }

    private static void connectUntilClosed(StreamListening listening) throws IOException {
        InetSocketAddress address = (InetSocketAddress) listening.address();
        try (Socket client = new Socket(address.getAddress(), address.getPort())) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }
}
