package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.together;
import static dev.tidewire.server.Fixture.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The order of events, however peers come and go: OPEN returns before the first MESSAGE starts, messages neither overlap nor overtake,
 * CLOSE comes last and once.
 */
@ExtendWith(NoLeaks.class)
class OrderTest {
    private static final int CLIENTS = 60;
    private static final int THREADS = 6;
    private static final int MOST_MESSAGES = 40;

    private final Map<Long, Witness> witnesses = new ConcurrentHashMap<>();
    private final Queue<String> broken = new ConcurrentLinkedQueue<>();
    private final AtomicInteger closed = new AtomicInteger();

    static Stream<Dispatch> everyDispatch() {
        return Stream.of(Dispatch.VIRTUAL, Dispatch.virtual(2), Dispatch.EVENT_LOOP, Dispatch.workers(3));
    }

    @ParameterizedTest
    @MethodSource("everyDispatch")
    void eventsKeepTheirOrderHoweverPeersBehave(Dispatch dispatch) throws Exception {
        WebSocketServer server = witnessed(dispatch);
        try (server) {
            List<Thread> crowds = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Random random = new Random(i);
                crowds.add(crowd(() -> {
                    for (int client = 0; client < CLIENTS / THREADS; client++) visit(server, random);
                }));
            }
            for (Thread crowd : crowds) crowd.join();
            until(() -> server.connections().count() == 0);
        }
        assertThat(broken).isEmpty();
        assertThat(closed).hasValue(witnesses.size());
        assertThat(witnesses.size()).isGreaterThan(CLIENTS / 2);
    }

    @ParameterizedTest
    @MethodSource("everyDispatch")
    void eventsKeepTheirOrderWhenTheServerEndsUnderLoad(Dispatch dispatch) throws Exception {
        WebSocketServer server = witnessed(dispatch);
        Semaphore talking = new Semaphore(0);
        List<Thread> crowds = new ArrayList<>();
        try (server) {
            for (int i = 0; i < THREADS; i++) {
                crowds.add(crowd(() -> talkUntilTheServerEnds(server, talking)));
            }
            talking.acquire(THREADS);
        }
        for (Thread crowd : crowds) crowd.join();
        assertThat(broken).isEmpty();
        assertThat(closed).hasValue(THREADS);
    }

    @InEveryDispatch
    void aPeerThatVanishesInTheMiddleOfOpenIsClosedBehindIt(Dispatch dispatch) {
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        Queue<String> events = new ConcurrentLinkedQueue<>();
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> {
                    events.add("open begins");
                    opening.countDown();
                    await(goOn);
                    events.add("open ends");
                })
                .on(WebSocketServer.MESSAGE, (ws, frame) -> events.add("message"))
                .on(WebSocketServer.CLOSE, (ws, close) -> {
                    events.add("close");
                    gone.countDown();
                });
        try (server;
                RawClient client = connect(started(server))) {
            // On a loop that waits in OPEN the response is still on its way.
            client.send(Fixture.ascii(RawClient.upgradeRequest("/")));
            await(opening);
            client.reset();
            goOn.countDown();
            await(gone);
        }
        assertThat(events).containsExactly("open begins", "open ends", "close");
    }

    private Thread crowd(Runnable visits) {
        return Thread.ofVirtual()
                .uncaughtExceptionHandler((thread, failure) -> broken.add(failure.toString()))
                .start(visits);
    }

    private WebSocketServer witnessed(Dispatch dispatch) {
        var server = new WebSocketServer(local(dispatch))
                .on(WebSocketServer.ERROR, (ws, fd, cause) -> {
                    if (!(cause instanceof Planned)) broken.add("fd " + fd + ": " + cause);
                })
                .on(WebSocketServer.OPEN, (ws, request) -> {
                    Witness witness = new Witness(request.fd());
                    witness.inside(() -> {
                        if (witnesses.put(request.fd(), witness) != null) witness.object("a second OPEN");
                        witness.opened = true;
                    });
                })
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    Witness witness = witnesses.get(frame.fd());
                    if (witness == null) {
                        broken.add("fd " + frame.fd() + ": MESSAGE before OPEN");
                        return;
                    }
                    witness.inside(() -> witness.message(frame.text()));
                    ws.push(frame.fd(), frame.text());
                    if (frame.text().endsWith("throw")) throw new Planned();
                })
                .on(WebSocketServer.CLOSE, (ws, close) -> {
                    Witness witness = witnesses.get(close.fd());
                    if (witness == null) {
                        broken.add("fd " + close.fd() + ": CLOSE without OPEN");
                        return;
                    }
                    witness.inside(witness::closed);
                });
        return started(server);
    }

    /** Says some numbered messages at once or one by one, and leaves in one of many ways. */
    private static void visit(WebSocketServer server, Random random) {
        try (RawClient client = connect(server)) {
            int messages = random.nextInt(MOST_MESSAGES);
            boolean throwing = random.nextInt(6) == 0;
            byte[] all = {};
            for (int i = 0; i < messages; i++) {
                String text = i + (throwing && i == messages / 2 ? " throw" : "");
                all = together(all, client.frame(1, true, Fixture.ascii(text)));
            }
            if (random.nextBoolean()) {
                client.upgrade();
                client.send(all);
            } else {
                client.send(together(Fixture.ascii(RawClient.upgradeRequest("/")), all));
                client.expectUpgrade();
            }
            int read = throwing ? 0 : random.nextInt(messages + 1);
            for (int i = 0; i < read; i++) client.readFrame();
            leave(client, random);
        } catch (UncheckedIOException cutOff) {
            // The server closed first, because a handler threw.
        }
    }

    private static void leave(RawClient client, Random random) {
        switch (random.nextInt(5)) {
            case 0 -> client.sendClose(1000);
            case 1 -> client.reset();
            case 2 -> client.halfClose().readToEnd();
            case 3 -> client.sendHex("ff 80 00000000").readToEnd();
            default -> {}
        }
    }

    private static void talkUntilTheServerEnds(WebSocketServer server, Semaphore talking) {
        try (RawClient client = connect(server)) {
            client.upgrade();
            for (int i = 0; i < 1_000_000; i++) {
                client.sendMessage(String.valueOf(i));
                if (client.readFrame().opcode() == 8) return;
                if (i == 20) talking.release();
            }
        } catch (UncheckedIOException ended) {
            // What was sent behind the server's close frame is not answered.
        }
    }

    /** What was seen of one connection. Its plain fields also show that each event sees what the one before wrote. */
    private final class Witness {
        private final long fd;
        private final AtomicBoolean busy = new AtomicBoolean();
        private boolean opened;
        private boolean gone;
        private int next;

        Witness(long fd) {
            this.fd = fd;
        }

        void inside(Runnable event) {
            if (!busy.compareAndSet(false, true)) object("two events at the same time");
            event.run();
            busy.set(false);
        }

        void message(String text) {
            if (!opened) object("MESSAGE before the end of OPEN");
            if (gone) object("MESSAGE after CLOSE");
            int number = Integer.parseInt(text.replace(" throw", ""));
            if (number != next++) object("message " + number + " in place of " + (next - 1));
        }

        void closed() {
            if (!opened) object("CLOSE before the end of OPEN");
            if (gone) object("a second CLOSE");
            gone = true;
            closed.incrementAndGet();
        }

        void object(String what) {
            broken.add("fd " + fd + ": " + what);
        }
    }

    @SuppressWarnings("serial")
    private static final class Planned extends RuntimeException {
        Planned() {
            super("thrown by the test", null, false, false);
        }
    }
}
