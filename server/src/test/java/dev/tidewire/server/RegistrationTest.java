package dev.tidewire.server;

import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.started;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.testkit.RawClient;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(NoLeaks.class)
class RegistrationTest {
    @Test
    @SuppressWarnings("NullAway") // what callers without null checks may do
    void refusesNull() {
        Server server = new Server(local().build());

        assertThatThrownBy(() -> server.on(null, (ReceiveHandler<Server>) (it, fd, data) -> {}))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("event");
        assertThatThrownBy(() -> server.on(Server.RECEIVE, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("handler");
        assertThatThrownBy(() -> new Server(null)).isInstanceOf(NullPointerException.class);
    }

    @Test
    void refusesHandlersOnceStarted() {
        try (Server server = started(new Server(local().build()).on(Server.RECEIVE, (it, fd, data) -> {}))) {
            assertThatThrownBy(() -> server.on(Server.CONNECT, (it, fd) -> {}))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("handlers are registered before start(), event connect came after");
        }
    }

    @Test
    void takesTheHandlerRegisteredLast() {
        try (WebSocketServer server = started(new WebSocketServer(local().build())
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), "first"))
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), "second")));
                RawClient client = open(server)) {
            client.sendMessage("?").expectText("second");
        }
    }

    @Test
    void anEventReplacesTheParentsOfItsName() {
        try (WebSocketServer server = started(new WebSocketServer(local().build())
                        .on(Server.CONNECT, (it, fd) -> it.attributes(fd).put("by", "parent's"))
                        .on(
                                WebSocketServer.CONNECT,
                                (ws, fd) -> ws.attributes(fd).put("by", "own"))
                        .on(
                                WebSocketServer.MESSAGE,
                                (ws, frame) -> ws.push(
                                        frame.fd(),
                                        ws.attributes(frame.fd())
                                                .getOrDefault("by", "nobody")
                                                .toString())));
                RawClient client = open(server)) {
            client.sendMessage("?").expectText("own");
        }
    }

    @ParameterizedTest
    @MethodSource("strangers")
    void refusesEventsThatThisKindOfServerDoesNotHave(Runnable registration, String message) {
        assertThatThrownBy(registration::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> strangers() {
        Server tcp = new Server(local().build());
        HttpServer http = new HttpServer(local().build());
        return Stream.of(
                row(
                        "request on a Server",
                        () -> tcp.on(HttpServer.REQUEST, (request, response) -> {}),
                        "event request needs a HttpServer, this is a Server"),
                row(
                        "message on a Server",
                        () -> tcp.on(WebSocketServer.MESSAGE, (ws, frame) -> {}),
                        "event message needs a WebSocketServer, this is a Server"),
                row(
                        "open on an HttpServer",
                        () -> http.on(WebSocketServer.OPEN, (ws, request) -> {}),
                        "event open needs a WebSocketServer, this is a HttpServer"));
    }

    @ParameterizedTest
    @MethodSource("incomplete")
    void doesNotStartWithoutTheHandlerItCannotDoWithout(Server server, String event) {
        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("start() needs a handler of the event " + event);
    }

    static Stream<Arguments> incomplete() {
        return Stream.of(
                Arguments.of(Named.of("Server", new Server(local().build())), "receive"),
                Arguments.of(Named.of("HttpServer", new HttpServer(local().build())), "request"),
                Arguments.of(Named.of("WebSocketServer", new WebSocketServer(local().build())), "message"));
    }

    @Test
    void startsOnceTheMissingHandlerIsThere() {
        Server server = new Server(local().build());
        assertThatThrownBy(server::start).isInstanceOf(IllegalStateException.class);

        started(server.on(Server.RECEIVE, (it, fd, data) -> {})).close();
    }

    private static Arguments row(String name, Runnable registration, String message) {
        return Arguments.of(Named.of(name, registration), message);
    }
}
