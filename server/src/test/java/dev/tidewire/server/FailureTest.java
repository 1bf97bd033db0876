package dev.tidewire.server;

import static dev.tidewire.server.Fixture.ascii;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.together;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.options.Dispatch;
import dev.tidewire.testkit.RawClient;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What becomes of a connection, and of the others, when a handler throws. */
@ExtendWith(NoLeaks.class)
class FailureTest {
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> logged = new LinkedBlockingQueue<>();
    private final Logger log = Logger.getLogger("dev.tidewire.server");
    private final Handler lines = new Handler() {
        @Override
        public void publish(LogRecord line) {
            if (Level.SEVERE.equals(line.getLevel())) logged.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listenToTheLog() {
        log.addHandler(lines);
        log.setUseParentHandlers(false);
    }

    @AfterEach
    void leaveTheLog() {
        log.setUseParentHandlers(true);
        log.removeHandler(lines);
    }

    private WebSocketServer failing(Dispatch dispatch) {
        return new WebSocketServer(local(dispatch))
                .on(WebSocketServer.OPEN, (ws, request) -> {
                    if (request.path().equals("/open")) throw new IllegalStateException("in open");
                })
                .on(WebSocketServer.MESSAGE, (ws, frame) -> {
                    heard.add("message " + frame.text());
                    if (frame.text().equals("fail")) throw new Exception("in message");
                    if (frame.text().equals("error")) throw new StackOverflowError("in message");
                    ws.push(frame.fd(), frame.text());
                })
                .on(WebSocketServer.CLOSE, (ws, close) -> {
                    heard.add("close " + close.fd() + " " + close.code());
                    if (close.code() == 4999) throw new IllegalStateException("in close");
                });
    }

    private WebSocketServer reporting(Dispatch dispatch) {
        return failing(dispatch)
                .on(
                        WebSocketServer.ERROR,
                        (ws, fd, cause) ->
                                heard.add("error " + fd + " " + cause.getMessage() + " open=" + ws.exists(fd)));
    }

    @InEveryDispatch
    void inOpen(Dispatch dispatch) {
        try (WebSocketServer server = started(reporting(dispatch));
                RawClient other = open(server);
                RawClient client = connect(server)) {
            client.send(together(ascii(RawClient.upgradeRequest("/open")), client.frame(1, true, ascii("x"))));
            client.expectUpgrade();
            client.expectClose(1011);
            seeOut(client.sendClose(1011));

            assertThat(take(heard)).isEqualTo("error 2 in open open=true");
            assertThat(take(heard)).isEqualTo("close 2 1011");
            other.sendMessage("unharmed").expectText("unharmed");
        }
    }

    @InEveryDispatch
    void inMessage(Dispatch dispatch) {
        try (WebSocketServer server = started(reporting(dispatch));
                RawClient other = open(server);
                RawClient client = open(server)) {
            client.send(together(
                    client.frame(1, true, ascii("first")),
                    client.frame(1, true, ascii("fail")),
                    client.frame(1, true, ascii("never"))));
            client.expectText("first");
            client.expectClose(1011);
            seeOut(client.sendClose(1011));

            assertThat(take(heard)).isEqualTo("message first");
            assertThat(take(heard)).isEqualTo("message fail");
            assertThat(take(heard)).isEqualTo("error 2 in message open=true");
            assertThat(take(heard)).isEqualTo("close 2 1011");
            other.sendMessage("unharmed").expectText("unharmed");
        }
    }

    @InEveryDispatch
    void inMessageWithAnError(Dispatch dispatch) {
        try (WebSocketServer server = started(reporting(dispatch));
                RawClient other = open(server);
                RawClient client = open(server)) {
            client.sendMessage("error").expectClose(1011);
            other.sendMessage("unharmed").expectText("unharmed");
        }
    }

    @InEveryDispatch
    void inClose(Dispatch dispatch) {
        try (WebSocketServer server = started(reporting(dispatch));
                RawClient other = open(server);
                RawClient client = open(server)) {
            client.sendClose(4999).expectClose(4999);
            seeOut(client);

            assertThat(take(heard)).isEqualTo("close 2 4999");
            assertThat(take(heard)).isEqualTo("error 2 in close open=false");
            other.sendMessage("unharmed").expectText("unharmed");
            Fixture.until(() -> server.connections().count() == 1);
        }
    }

    @InEveryDispatch
    void inConnect(Dispatch dispatch) {
        WebSocketServer refusing = reporting(dispatch).on(WebSocketServer.CONNECT, (ws, fd) -> {
            if (fd == 2) throw new IllegalStateException("in connect");
        });
        try (WebSocketServer server = started(refusing);
                RawClient other = open(server);
                RawClient client = connect(server)) {
            seeOut(client);

            assertThat(take(heard)).isEqualTo("error 2 in connect open=true");
            other.sendMessage("unharmed").expectText("unharmed");
        }
    }

    @InEveryDispatch
    void inTheErrorHandlerToo(Dispatch dispatch) {
        WebSocketServer worse = failing(dispatch).on(WebSocketServer.ERROR, (ws, fd, cause) -> {
            throw new IllegalStateException("in error");
        });
        try (WebSocketServer server = started(worse);
                RawClient other = open(server);
                RawClient client = open(server)) {
            client.sendMessage("fail").expectClose(1011);

            assertThat(take(logged)).startsWith("fd=2 event=handler_failed cause=\"java.lang.Exception: in message\"");
            assertThat(take(logged)).contains("in error");
            other.sendMessage("unharmed").expectText("unharmed");
        }
    }

    @Test
    void withoutAnErrorHandlerItIsOneLineInTheLog() {
        try (WebSocketServer server = started(failing(Dispatch.VIRTUAL));
                RawClient client = open(server)) {
            client.sendMessage("fail").expectClose(1011);

            assertThat(take(logged))
                    .startsWith("fd=1 event=handler_failed cause=\"java.lang.Exception: in message\" at=")
                    .doesNotContain("\n");
        }
        assertThat(logged).isEmpty();
    }

    @Test
    void inStartAndShutdownItBelongsToNoConnection() {
        WebSocketServer server = reporting(Dispatch.VIRTUAL)
                .on(WebSocketServer.START, ws -> {
                    throw new IllegalStateException("in start");
                })
                .on(WebSocketServer.SHUTDOWN, ws -> {
                    throw new IllegalStateException("in shutdown");
                });
        started(server).close();

        assertThat(heard).containsExactly("error 0 in start open=false", "error 0 in shutdown open=false");
    }
}
