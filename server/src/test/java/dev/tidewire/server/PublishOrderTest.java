package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawDeflate;
import dev.tidewire.testkit.RawFrame;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What one publisher publishes to one topic arrives in that order, once and without gaps, at each subscriber: while others come and go,
 * get messages in fragments in between, and compress what they send with a memory of their own.
 */
@ExtendWith(NoLeaks.class)
class PublishOrderTest {
    private static final int CROWDS = 4;
    private static final int VISITS = 12;
    /** Long enough to be compressed, and then remembered. */
    private static final String FRAGMENTS = "a fragment " + "x".repeat(200);

    private static final String[] FILTERS = {"t/0", "t/1", "t/+", "t/#", "#", "+/1"};
    private static final String[] OFFERS = {
        "X-None: 0",
        "Sec-WebSocket-Extensions: permessage-deflate",
        "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9"
    };

    private final Queue<String> broken = new ConcurrentLinkedQueue<>();
    private final AtomicInteger heard = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();

    @ParameterizedTest
    @MethodSource("dev.tidewire.server.OrderTest#everyDispatch")
    void subscribersThatComeAndGoHearEachPublisherInOrder(Dispatch dispatch) throws Exception {
        WebSocketServer server = room(dispatch);
        try (server) {
            List<Thread> publishers = List.of(publisher(server, "p", 1), publisher(server, "q", 2));
            List<Thread> crowds = new ArrayList<>();
            for (int i = 0; i < CROWDS; i++) {
                Random random = new Random(i);
                crowds.add(thread(() -> {
                    for (int visit = 0; visit < VISITS; visit++) visit(server, random);
                }));
            }
            for (Thread crowd : crowds) crowd.join();
            ended.set(true);
            for (Thread publisher : publishers) publisher.join();
            until(() -> server.connections().count() == 0);
            for (String filter : FILTERS) {
                assertThat(server.numSubscribers(filter)).isZero();
            }
        }
        assertThat(broken).isEmpty();
        assertThat(heard.get()).isGreaterThan(CROWDS * VISITS);
    }

    /** Clients ask by text: for a subscription, for a message of theirs to be published, or for one in fragments to themselves. */
    private WebSocketServer room(Dispatch dispatch) {
        var options = local().dispatch(dispatch)
                .threads(3)
                .compression(Fixture.TAKEOVER)
                .maxQueuedBytes(64 << 20)
                .build();
        return started(new WebSocketServer(options)
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> broken.add("fd " + fd + ": " + cause))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    String[] words = frame.text().split(" ", -1);
                    switch (words[0]) {
                        case "subscribe" -> {
                            ws.subscribe(frame.fd(), words[1]);
                            ws.publish(words[2], "mark-" + words[3] + " " + words[2] + " 0 ");
                        }
                        case "unsubscribe" -> ws.unsubscribe(frame.fd(), words[1]);
                        case "publish" -> ws.publish(words[2], words[1] + " " + words[2] + " " + words[3] + " ");
                        default -> {
                            ws.push(frame.fd(), FRAGMENTS, Opcode.TEXT, false);
                            ws.push(frame.fd(), FRAGMENTS, Opcode.CONTINUATION, false);
                            ws.push(frame.fd(), FRAGMENTS, Opcode.CONTINUATION, true);
                        }
                    }
                }));
    }

    private Thread publisher(WebSocketServer server, String name, long seed) {
        Random random = new Random(seed);
        return thread(() -> {
            int[] next = new int[2];
            while (!ended.get()) {
                int topic = random.nextInt(next.length);
                String padding = "x".repeat(random.nextInt(20) == 0 ? 20_000 : random.nextInt(200));
                server.publish("t/" + topic, name + " t/" + topic + " " + next[topic]++ + " " + padding);
                LockSupport.parkNanos(random.nextInt(200_000));
            }
        });
    }

    private void visit(WebSocketServer server, Random random) {
        try (RawClient client = connect(server)) {
            Listener listener = new Listener(client, String.valueOf(random.nextLong()));
            client.upgrade("/", OFFERS[random.nextInt(OFFERS.length)]);
            String filter = FILTERS[random.nextInt(FILTERS.length)];
            String topic = filter.contains("1") ? "t/1" : "t/0";
            client.sendMessage("subscribe " + filter + " " + topic + " " + listener.name);
            int own = random.nextInt(10);
            for (int i = 0; i < own; i++) {
                client.sendMessage("publish " + listener.name + " " + topic + " " + i);
                if (random.nextInt(3) == 0) client.sendMessage("fragments");
            }
            listener.hearUntil("mark-" + listener.name, 0);
            if (own > 0) listener.hearUntil(listener.name, own - 1);
            int more = random.nextInt(20);
            for (int i = 0; i < more; i++) {
                if (random.nextInt(3) == 0) client.sendMessage("fragments");
                listener.hear();
            }
            if (random.nextInt(3) == 0) client.sendMessage("unsubscribe " + filter);
            switch (random.nextInt(3)) {
                case 0 -> client.sendClose(1000);
                case 1 -> client.reset();
                default -> {}
            }
            listener.deflate.close();
        } catch (UncheckedIOException | IllegalArgumentException failed) {
            broken.add(failed.toString());
        }
    }

    private Thread thread(Runnable work) {
        return Thread.ofVirtual()
                .uncaughtExceptionHandler((thread, failure) -> broken.add(failure.toString()))
                .start(work);
    }

    /** A client with one subscription, which knows what may come next from each publisher. */
    private final class Listener {
        private final RawClient client;
        private final String name;
        private final RawDeflate deflate = new RawDeflate();
        private final Map<String, Integer> last = new HashMap<>();

        Listener(RawClient client, String name) {
            this.client = client;
            this.name = name;
        }

        void hearUntil(String publisher, int number) {
            while (last.entrySet().stream()
                    .noneMatch(entry -> entry.getKey().startsWith(publisher + " ") && entry.getValue() >= number)) {
                hear();
            }
        }

        void hear() {
            RawFrame message = client.readMessage();
            String text = deflate.text(message);
            if (text.equals(FRAGMENTS.repeat(3))) return;
            heard.incrementAndGet();
            String[] words = text.split(" ", 4);
            int number = Integer.parseInt(words[2]);
            Integer before = last.put(words[0] + " " + words[1], number);
            if (before != null && number != before + 1) {
                broken.add(words[0] + " to " + words[1] + ": " + number + " behind " + before);
            }
            if (words[0].equals(name) && before == null && number != 0) broken.add("the first was " + number);
        }
    }
}
