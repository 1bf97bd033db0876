package dev.tidewire.server;

import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawFrame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class FragmentTest {
    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();

    @Test
    void aMessageMayBePushedInFragments() {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.push(fd, "Hel", Opcode.TEXT, false);
            server.push(fd, "", Opcode.CONTINUATION, false);
            server.push(fd, "lo", Opcode.CONTINUATION, true);

            assertThat(client.read(11)).asHexString().isEqualTo("010348656C" + "0000" + "80026C6F");
        }
    }

    @Test
    void fragmentsLeaveWhateverMayWait() {
        for (int maxQueuedBytes : new int[] {Integer.MAX_VALUE, 11}) {
            var options =
                    local().maxMessageBytes(5).maxQueuedBytes(maxQueuedBytes).build();
            try (WebSocketServer server = started(listening(options, fds));
                    RawClient client = open(server)) {
                long fd = take(fds);
                server.push(fd, "Hel", Opcode.TEXT, false);
                server.push(fd, "lo", Opcode.CONTINUATION, true);

                assertThat(client.read(9)).asHexString().isEqualTo("010348656C" + "80026C6F");
            }
        }
    }

    @Test
    void aContinuationOfNothingIsRefused() {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);

            assertThatThrownBy(() -> server.push(fd, "lo", Opcode.CONTINUATION, true))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no unfinished message to continue (RFC 6455 §5.4)");
            server.push(fd, "whole");
            assertThatThrownBy(() -> server.push(fd, "lo", Opcode.CONTINUATION, false))
                    .isInstanceOf(IllegalStateException.class);
            client.expectText("whole");
        }
    }

    @Test
    void aMessageMustEndBeforeTheNextOneBegins() {
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.push(fd, "a", Opcode.TEXT, false);

            assertThatThrownBy(() -> server.push(fd, "b", Opcode.TEXT, false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("unfinished message that must be ended first (RFC 6455 §5.4)");
            server.push(fd, "b", Opcode.CONTINUATION, true);
            server.push(fd, "c", Opcode.TEXT, false);
            server.push(fd, "d", Opcode.CONTINUATION, true);
            assertThat(client.readMessage().text()).isEqualTo("ab");
            assertThat(client.readMessage().text()).isEqualTo("cd");
        }
    }

    @InEveryDispatch
    void wholeMessagesWaitForTheEndOfAnUnfinishedOneAndPingsDoNot(Dispatch dispatch) {
        WebSocketServer talks = new WebSocketServer(local(dispatch)).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            ws.push(frame.fd(), "a", Opcode.TEXT, false);
            ws.push(frame.fd(), "whole");
            ws.ping(frame.fd());
            ws.push(frame.fd(), "b", Opcode.CONTINUATION, true);
        });
        try (WebSocketServer server = started(talks);
                RawClient client = open(server)) {
            client.sendMessage("go");

            assertThat(client.read(15)).asHexString().isEqualTo("010161" + "8900" + "800162" + "810577686F6C65");
        }
    }

    @Test
    void aDroppedFragmentMayBePushedAgain() {
        try (WebSocketServer server =
                        started(listening(local().maxQueuedBytes(1000).build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            until(() -> server.queuedBytes(fd) == 0);

            assertThat(server.push(fd, new byte[2000], Opcode.BINARY, false)).isEqualTo(SendResult.DROPPED);
            assertThat(server.push(fd, new byte[1], Opcode.BINARY, false)).isEqualTo(SendResult.SENT);
            assertThat(server.push(fd, new byte[2000], Opcode.CONTINUATION, true))
                    .isEqualTo(SendResult.DROPPED);
            assertThat(server.push(fd, new byte[1], Opcode.CONTINUATION, true)).isEqualTo(SendResult.SENT);
            assertThat(client.readMessage().payload()).hasSize(2);
        }
    }

    @Test
    void aLongLineOfMessagesMayWaitForTheEndOfAnUnfinishedOne() {
        int messages = 20_000;
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            server.push(fd, "a", Opcode.TEXT, false);
            for (int i = 0; i < messages; i++) {
                assertThat(server.push(fd, ByteBuffer.allocate(4).putInt(i).array()))
                        .isIn(SendResult.SENT, SendResult.QUEUED);
            }
            server.push(fd, "b", Opcode.CONTINUATION, true);

            assertThat(client.readMessage().text()).isEqualTo("ab");
            ByteBuffer rest = ByteBuffer.wrap(client.read(messages * 6));
            for (int i = 0; i < messages; i++) {
                assertThat(rest.getShort()).isEqualTo((short) 0x8204);
                assertThat(rest.getInt()).isEqualTo(i);
            }
        }
    }

    @Test
    void fragmentsKeepTheirOrderWhileOtherThreadsPush() throws InterruptedException {
        int messages = 100;
        try (WebSocketServer server = started(listening(local().build(), fds));
                RawClient client = open(server)) {
            long fd = take(fds);
            List<Thread> threads = new ArrayList<>();
            threads.add(Thread.startVirtualThread(() -> {
                for (int i = 0; i < messages; i++) {
                    server.push(fd, "f" + i, Opcode.TEXT, false);
                    server.push(fd, ",", Opcode.CONTINUATION, false);
                    server.push(fd, "end", Opcode.CONTINUATION, true);
                }
            }));
            threads.add(Thread.startVirtualThread(() -> repeat(messages, i -> server.push(fd, "x" + i))));
            threads.add(Thread.startVirtualThread(() -> repeat(messages, i -> server.push(fd, "y" + i))));
            threads.add(Thread.startVirtualThread(() -> repeat(messages, i -> server.ping(fd))));

            List<String> heard = read(client, 3 * messages, messages);

            for (String who : List.of("f", "x", "y")) {
                assertThat(heard.stream().filter(text -> text.startsWith(who)))
                        .containsExactlyElementsOf(line(who, messages, who.equals("f") ? ",end" : ""));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    /** Reads that many messages and pings; {@link RawClient#readFrame} finds frames wherever they are, the rest is checked here. */
    private static List<String> read(RawClient client, int messages, int pings) {
        List<String> heard = new ArrayList<>();
        String unfinished = "";
        for (int left = pings; heard.size() < messages || left > 0; ) {
            RawFrame frame = client.readFrame();
            if (frame.opcode() == 9) {
                left--;
                continue;
            }
            assertThat(frame.opcode()).isEqualTo(unfinished.isEmpty() ? 1 : 0);
            unfinished += frame.text();
            if (frame.fin()) heard.add(unfinished);
            if (frame.fin()) unfinished = "";
        }
        return heard;
    }

    private static List<String> line(String prefix, int count, String suffix) {
        List<String> line = new ArrayList<>();
        repeat(count, i -> line.add(prefix + i + suffix));
        return line;
    }

    private static void repeat(int times, IntConsumer action) {
        for (int i = 0; i < times; i++) {
            action.accept(i);
        }
    }
}
