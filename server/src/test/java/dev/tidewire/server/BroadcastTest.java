package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.listening;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import dev.tidewire.testkit.RawFrame;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class BroadcastTest {

    private final BlockingQueue<Long> fds = new LinkedBlockingQueue<>();

    @InEveryDispatch
    void everyOpenWebSocketGetsItWhateverItAgreedOn(Dispatch dispatch) throws Exception {
        String text = "the same words again and again and again and again; ".repeat(200);
        try (var server = started(listening(
                        local().dispatch(dispatch).compression(Fixture.TAKEOVER).build(), fds));
                RawClient plain = connect(server);
                RawClient alone = connect(server);
                RawClient small = connect(server);
                RawClient remembering = connect(server);
                RawClient http = connect(server)) {
            plain.upgrade();
            alone.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover");
            small.upgrade(
                    "/",
                    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; server_max_window_bits=9");
            remembering.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            List<Long> everyone = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                everyone.add(take(fds));
            }
            everyone.add(4711L);

            assertThat(server.broadcast(everyone, text)).isEqualTo(4);
            assertThat(server.broadcast(server.connections(), text)).isEqualTo(4);

            try (RawDeflate memory = new RawDeflate()) {
                for (int i = 0; i < 2; i++) {
                    assertThat(plain.readFrame().text()).isEqualTo(text);
                    assertThat(inflateAlone(alone.readFrame())).isEqualTo(text);
                    assertThat(inflateAlone(small.readFrame())).isEqualTo(text);
                    assertThat(inflate(memory, remembering.readFrame())).isEqualTo(text);
                }
            }
        }
    }

    @InEveryDispatch
    void aPredicateIsAskedAboutOpenWebSocketsOnly(Dispatch dispatch) {
        try (var server = started(listening(local(dispatch), fds));
                RawClient first = open(server);
                RawClient second = open(server);
                RawClient http = connect(server)) {
            long chosen = take(fds);
            long other = take(fds);
            http.sendText("GET / HTTP/1.1\r\n"); // is never more than begun
            until(() -> server.stats().connectionNum() == 3);
            Set<Long> asked = new HashSet<>();

            int taken = server.broadcast(
                    fd -> {
                        asked.add(fd);
                        return fd == chosen;
                    },
                    "for one");

            assertThat(taken).isOne();
            assertThat(asked).containsExactlyInAnyOrder(chosen, other);
            List<RawClient> clients = List.of(first, second);
            server.broadcast(server.connections(), "for all");
            assertThat(clients.stream().flatMap(client -> textsUntil(client, "for all")))
                    .containsExactlyInAnyOrder("for one", "for all", "for all");
        }
    }

    private static Stream<String> textsUntil(RawClient client, String last) {
        List<String> texts = new ArrayList<>();
        do {
            texts.add(client.readFrame().text());
        } while (!texts.getLast().equals(last));
        return texts.stream();
    }

    @InEveryDispatch
    void itIsCompressedOnceAndWhatFollowsDoesNotReferToWhatCameBefore(Dispatch dispatch) throws Exception {
        String text = "the same words for everyone; ".repeat(40);
        try (var server = started(listening(
                        local().dispatch(dispatch).compression(Fixture.TAKEOVER).build(), fds));
                RawClient one = connect(server);
                RawClient other = connect(server)) {
            one.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            long first = take(fds);
            other.upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate");
            long second = take(fds);
            RawDeflate memory = new RawDeflate();

            server.push(first, text);
            RawFrame before = one.readFrame();
            assertThat(inflate(memory, before)).isEqualTo(text);
            server.broadcast(List.of(first, second), text);
            RawFrame shared = one.readFrame();
            assertThat(inflate(memory, shared)).isEqualTo(text);
            assertThat(other.readFrame().payload()).isEqualTo(shared.payload());

            server.push(first, text);
            RawFrame after = one.readFrame();
            assertThat(inflate(memory, after)).isEqualTo(text);
            assertThat(after.payload()).isEqualTo(before.payload());
            server.push(first, text);
            RawFrame referring = one.readFrame();
            assertThat(inflate(memory, referring)).isEqualTo(text);
            assertThat(referring.payload().length).isLessThan(after.payload().length);
            memory.close();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 125, 126, 65_536, 1 << 20})
    void everyLengthArrivesWhole(int length) {
        try (var server = started(listening(local().build(), fds));
                RawClient one = connect(server);
                RawClient other = connect(server)) {
            one.upgrade();
            other.upgrade();
            byte[] bytes = new byte[length];

            assertThat(server.broadcast(List.of(take(fds), take(fds)), bytes)).isEqualTo(2);

            assertThat(one.readFrame().payload()).isEqualTo(bytes);
            assertThat(other.readFrame().payload()).isEqualTo(bytes);
        }
    }

    private static String inflateAlone(RawFrame frame) throws Exception {
        try (RawDeflate alone = new RawDeflate()) {
            return inflate(alone, frame);
        }
    }

    private static String inflate(RawDeflate memory, RawFrame frame) throws Exception {
        assertThat(frame.rsv()).isEqualTo(4);
        return memory.text(frame);
    }

    @OnEveryTransport
    void manyGetItInOneTurn(Transport transport) {
        List<RawClient> clients = new ArrayList<>();
        try (var server =
                started(listening(local().transport(transport).threads(1).build(), fds))) {
            for (int i = 0; i < 100; i++) {
                clients.add(open(server));
                take(fds);
            }

            for (int i = 0; i < 10; i++) {
                assertThat(server.broadcast(server.connections(), "m" + i)).isEqualTo(clients.size());
            }

            for (RawClient client : clients) {
                for (int i = 0; i < 10; i++) {
                    client.expectText("m" + i);
                }
                client.close();
            }
        }
    }

    @OnEveryTransport
    void whatASocketDoesNotTakeAtOnceFollowsInItsPlace(Transport transport) {
        try (var server = started(
                        listening(local().transport(transport).threads(1).build(), fds));
                RawClient first = Stuck.open(server);
                RawClient second = Stuck.open(server)) {
            take(fds);
            take(fds);
            byte[] counting = new byte[500_000];
            for (int i = 0; i < counting.length; i++) {
                counting[i] = (byte) (i * 31 / 7);
            }

            server.broadcast(server.connections(), counting);
            server.broadcast(server.connections(), "behind it");

            for (RawClient client : List.of(first, second)) {
                assertThat(client.readFrame().payload()).isEqualTo(counting);
                client.expectText("behind it");
            }
        }
    }
}
