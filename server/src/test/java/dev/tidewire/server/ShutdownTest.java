package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
@Timeout(30)
class ShutdownTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    /** Nothing can end a handler that holds its loop, but the server need not wait for it for ever. */
    @Test
    void aHandlerThatHoldsItsLoopDoesNotHoldTheShutdown() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        var server = new WebSocketServer(local(Dispatch.EVENT_LOOP)).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            begun.countDown();
            goOn.await();
        });
        try (RawClient client = open(started(server));
                LogLines log = new LogLines("dev.tidewire.server")) {
            client.sendMessage("hold it");
            await(begun);

            server.shutdown(Duration.ofMillis(100));
            server.awaitShutdown();

            assertThat(log.next("event=shutdown step=loop_left")).isNotEmpty();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            goOn.countDown();
        }
    }

    @InEveryDispatch
    void everyKindOfClientIsSeenOut(Dispatch dispatch) throws InterruptedException {
        WebSocketServer server = started(echo(local(dispatch)));
        try (RawClient webSocket = open(server);
                RawClient silent = connect(server);
                RawClient other = open(server)) {
            Thread closing = Thread.startVirtualThread(server::close);

            webSocket.expectClose(1001);
            seeOut(webSocket.sendClose(1001));
            other.expectClose(1001);
            seeOut(other.sendClose(1001));
            silent.expectEof();
            silent.close();
            closing.join();
            assertThat(server.connections().count()).isZero();
        }
    }

    @Test
    void aClosedServerAcceptsNoMore() {
        WebSocketServer server = started(echo(local().build()));
        InetSocketAddress address = server.localAddress();
        server.close();

        assertThatThrownBy(() -> RawClient.connect(address)).isInstanceOf(UncheckedIOException.class);
    }

    @InEveryDispatch
    void messagesThatWereReadAreAnsweredBeforeTheGoodbye(Dispatch dispatch) throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        WebSocketServer server = new WebSocketServer(local(dispatch));
        server.on(WebSocketServer.MESSAGE, (ws, frame) -> {
            entered.countDown();
            await(closing);
            ws.push(frame.fd(), "done " + frame.text());
        });
        server.start();
        try (RawClient client = open(server)) {
            client.send(together(client.frame(1, true, ascii("a")), client.frame(1, true, ascii("b"))));
            await(entered);
            Thread end = Thread.startVirtualThread(server::close);
            closing.countDown();

            client.expectText("done a");
            client.expectText("done b");
            client.expectClose(1001);
            seeOut(client.sendClose(1001));
            end.join();
        }
    }

    /** Not on the event loop, which a handler that waits holds up. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHandlerThatTakesTooLongDoesNotKeepTheGoodbyeBack(boolean virtual) throws InterruptedException {
        var options = local().dispatch(virtual ? Dispatch.VIRTUAL : Dispatch.workers(2))
                .closeTimeout(Duration.ofMillis(200))
                .build();
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch goodbyeSeen = new CountDownLatch(1);
        AtomicBoolean finished = new AtomicBoolean();
        WebSocketServer server = started(new WebSocketServer(options).on(WebSocketServer.MESSAGE, (ws, frame) -> {
            entered.countDown();
            await(goodbyeSeen);
            finished.set(true);
        }));
        try (RawClient client = open(server)) {
            client.sendMessage("work");
            await(entered);
            Thread closing = Thread.startVirtualThread(server::close);
            client.expectClose(1001);
            seeOut(client.sendClose(1001));
            goodbyeSeen.countDown();
            closing.join();

            assertThat(finished).isTrue();
        }
    }

    @InEveryDispatch
    void closeMayBeCalledByAHandler(Dispatch dispatch) throws InterruptedException {
        CountDownLatch returned = new CountDownLatch(1);
        WebSocketServer server =
                started(new WebSocketServer(local(dispatch)).on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    ws.close();
                    returned.countDown();
                }));
        try (RawClient client = open(server)) {
            client.sendMessage("stop").expectClose(1001);
            await(returned);
            seeOut(client.sendClose(1001));
            server.awaitShutdown();
        }
    }

    @InEveryDispatch
    void closeMayBeCalledByAHandlerThatHasRenamedItsThread(Dispatch dispatch) throws InterruptedException {
        WebSocketServer server = started(new WebSocketServer(local(dispatch))
                .on(WebSocketServer.MESSAGE, (ws, frame) -> closeUnderAnotherName(ws))
                .on(WebSocketServer.SHUTDOWN, it -> heard.add("ended")));
        try (RawClient client = open(server)) {
            client.sendMessage("stop").expectClose(1001);
            seeOut(client.sendClose(1001));
            server.awaitShutdown();
        }
        assertThat(heard).containsExactly("returned", "ended");
    }

    @Test
    void closeMayBeCalledByATaskThatHasRenamedItsThread() throws InterruptedException {
        WebSocketServer server = started(echo(local().build())
                .on(WebSocketServer.TASK, (ws, task) -> closeUnderAnotherName(ws))
                .on(WebSocketServer.SHUTDOWN, it -> heard.add("ended")));
        server.task("stop");
        server.awaitShutdown();

        assertThat(server.counters()).doesNotContainEntry("shutdown.tasks_abandoned", 1L);
        assertThat(heard).containsExactly("returned", "ended");
    }

    private void closeUnderAnotherName(Server server) {
        Thread.currentThread().setName("application");
        server.close();
        heard.add("returned");
    }

    /** Not on the event loop, which must not wait. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHandlerThatEndsAnotherServerWaitsForIt(boolean virtual) {
        Server other = started(echo(local().build()).on(WebSocketServer.SHUTDOWN, it -> heard.add("other ended")));
        var server = new WebSocketServer(local(virtual ? Dispatch.VIRTUAL : Dispatch.workers(2)));
        server.on(WebSocketServer.MESSAGE, (ws, frame) -> {
            other.shutdown(Duration.ofSeconds(5));
            heard.add("returned");
        });
        try (Server running = started(server);
                RawClient client = open(running)) {
            client.sendMessage("end the other");

            assertThat(take(heard)).isEqualTo("other ended");
            assertThat(take(heard)).isEqualTo("returned");
        }
    }

    @Test
    void serversMayEndEachOther() throws InterruptedException {
        WebSocketServer first = echo(local().build());
        WebSocketServer second = echo(local().build()).on(WebSocketServer.SHUTDOWN, it -> first.close());
        first.on(WebSocketServer.SHUTDOWN, it -> second.close());
        first.start();
        second.start();
        first.close();
        second.awaitShutdown();
    }

    @Test
    void closeMayBeCalledInStartAndInShutdown() throws InterruptedException {
        WebSocketServer server = echo(local().build())
                .on(WebSocketServer.START, Server::close)
                .on(WebSocketServer.SHUTDOWN, Server::close);
        server.start();
        server.awaitShutdown();
    }

    @Test
    void closeDoesNothingTheSecondTimeAndBeforeTheStart() throws InterruptedException {
        WebSocketServer never = echo(local().build());
        never.close();
        never.awaitShutdown();

        WebSocketServer server = started(echo(local().build()));
        server.close();
        server.close();
        server.awaitShutdown();
    }

    @Test
    void aPeerThatDoesNotTakeLeaveIsCutOff() {
        WebSocketServer server =
                started(echo(local().closeTimeout(Duration.ofMillis(100)).build()));
        try (RawClient client = open(server)) {
            server.close();

            client.expectClose(1001);
            client.expectEnd();
        }
    }

    @Test
    void aHandlerThatNeverReturnsIsNotWaitedForLongerThanTheTimeout() {
        CountDownLatch never = new CountDownLatch(1);
        CountDownLatch entered = new CountDownLatch(1);
        WebSocketServer server = started(new WebSocketServer(local().closeTimeout(Duration.ofMillis(50))
                        .shutdownTimeout(Duration.ofMillis(100))
                        .build())
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    entered.countDown();
                    await(never);
                }));
        try (RawClient client = open(server)) {
            client.sendMessage("hang");
            await(entered);
            server.close();

            client.expectClose(1001);
            client.expectEnd();
            never.countDown();
        }
    }

    @Test
    void anInterruptedWaiterLeavesTheServerRunning() {
        try (WebSocketServer server = started(echo(local().build()));
                RawClient client = open(server)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(server::awaitShutdown).isInstanceOf(InterruptedException.class);
            client.sendMessage("still here").expectText("still here");
        }
    }
}
