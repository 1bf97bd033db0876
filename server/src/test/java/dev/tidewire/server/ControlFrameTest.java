package dev.tidewire.server;

import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.CLOSING;
import static dev.tidewire.server.WebSocketServer.PING;
import static dev.tidewire.server.WebSocketServer.PONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class ControlFrameTest {
    @InEveryDispatch
    void pingsAreHeardAndAnsweredAllTheSame(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(
                        echo(local(dispatch)).on(PING, (ws, frame) -> heard.add(frame.opcode() + " " + frame.text())));
                RawClient client = open(server)) {
            client.sendFrame(9, true, "sos".getBytes(US_ASCII));

            RawFrame pong = client.readFrame();
            assertThat(pong.opcode()).isEqualTo(10);
            assertThat(pong.text()).isEqualTo("sos");
            assertThat(take(heard)).isEqualTo("PING sos");
        }
    }

    @InEveryDispatch
    void pongsAreHeard(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(
                        echo(local(dispatch)).on(PONG, (ws, frame) -> heard.add(frame.opcode() + " " + frame.text())));
                RawClient client = open(server)) {
            client.sendFrame(10, true, "here".getBytes(US_ASCII));

            assertThat(take(heard)).isEqualTo("PONG here");
        }
    }

    @InEveryDispatch
    void closeFramesAreHeardBeforeTheyAreAnswered(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(echo(local(dispatch))
                .on(CLOSING, (ws, close) -> {
                    heard.add("closing " + close.code() + " " + close.reason());
                    ws.push(close.fd(), "one more thing");
                })
                .on(CLOSE, (ws, close) -> heard.add("close " + close.clean())))) {
            try (RawClient client = open(server)) {
                client.sendFrame(8, true, new byte[] {0x0F, (byte) 0xA0, 'b', 'y', 'e'});

                client.expectText("one more thing");
                client.expectClose(4000);
            }
            assertThat(take(heard)).isEqualTo("closing 4000 bye");
            assertThat(take(heard)).isEqualTo("close true");
        }
    }
}
