package dev.tidewire.server;

import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.CLOSING;
import static dev.tidewire.server.WebSocketServer.PING;
import static dev.tidewire.server.WebSocketServer.PONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
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

    /** RFC 6455 §5.5.3 lets a server answer only the most recent ping. */
    @InEveryDispatch
    void ofAFloodOfPingsFromAPeerThatDoesNotReadOnlyTheLatestIsAnswered(Dispatch dispatch) {
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        int pings = 20_000;
        ServerOptions options =
                local().dispatch(dispatch).maxQueuedBytes(64 << 20).build();
        try (var server = started(listening(options, fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            byte[] more = new byte[32 << 20];
            assertThat(server.push(fd, more)).isIn(SendResult.SENT, SendResult.QUEUED);
            int header = 10;
            client.read(header); // it is under way
            ByteArrayOutputStream flood = new ByteArrayOutputStream();
            for (int i = 1; i <= pings; i++) {
                flood.writeBytes(client.frame(9, true, ("ping " + i).getBytes(US_ASCII)));
            }
            long before = server.clientInfo(fd).orElseThrow().bytesReceived();
            client.send(flood.toByteArray());
            until(() -> server.clientInfo(fd).orElseThrow().bytesReceived() == before + flood.size());

            int onePong = 2 + ("ping " + pings).length();
            assertThat(server.queuedBytes(fd)).isLessThanOrEqualTo(header + more.length + onePong);
            assertThat(Arrays.equals(client.read(more.length), more)).isTrue();
            assertThat(client.readFrame().text()).isEqualTo("ping " + pings);
            client.sendFrame(9, true, "at ease".getBytes(US_ASCII));
            assertThat(client.readFrame().text()).isEqualTo("at ease");
        }
    }

    /** Such bytes are TLS's own, its tickets and changes of keys: no write of ours ends with them. */
    @Test
    void aPingIsAnsweredWhileOnlyNettysOwnBytesAreUnderWayAndMuchWaits() throws Exception {
        BlockingQueue<Long> fds = new LinkedBlockingQueue<>();
        try (var server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.push(fd, "un", Opcode.TEXT, false);
            assertThat(client.readFrame().text()).isEqualTo("un");
            server.push(fd, new byte[100_000]); // waits for the end of that message
            Channel channel =
                    Objects.requireNonNull(server.connectionTable().find(fd)).channel();
            ByteBuf emptyPong = Unpooled.wrappedBuffer(new byte[] {(byte) 0x8A, 0});
            channel.eventLoop().submit(() -> channel.write(emptyPong)).get();

            client.sendFrame(9, true, "sos".getBytes(US_ASCII));

            assertThat(client.readFrame().text()).isEmpty();
            assertThat(client.readFrame().text()).isEqualTo("sos");
            server.push(fd, "finished", Opcode.CONTINUATION, true);
            assertThat(client.readFrame().text()).isEqualTo("finished");
            assertThat(client.readFrame().payload()).hasSize(100_000);
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
