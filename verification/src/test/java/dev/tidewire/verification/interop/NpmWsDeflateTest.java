package dev.tidewire.verification.interop;

import static dev.tidewire.server.WebSocketServer.MESSAGE;

import dev.tidewire.server.WebSocketServer;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.verification.NoLeaks;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compressed conversations with npm's {@code ws} at every window size, with and without memory of earlier messages. */
@ExtendWith(NoLeaks.class)
class NpmWsDeflateTest {
    @BeforeAll
    static void install() throws IOException, InterruptedException {
        NodeScript.install();
    }

    static Stream<Dispatch> dispatches() {
        return Stream.of(Dispatch.VIRTUAL, Dispatch.EVENT_LOOP);
    }

    @ParameterizedTest
    @MethodSource("dispatches")
    void everyWindowCarriesEveryMessage(Dispatch dispatch) throws Exception {
        var options = ServerOptions.builder("127.0.0.1", 0)
                .dispatch(dispatch)
                .compression(TalkingServer.EVERY_COMPRESSION)
                .build();
        try (var server = new WebSocketServer(options)) {
            server.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.bytes(), frame.opcode(), true));
            server.start();

            NodeScript.run("ws-deflate.mjs", "ws://127.0.0.1:" + server.port() + "/");
        }
    }
}
