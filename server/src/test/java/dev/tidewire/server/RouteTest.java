package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.WebSocketServer.CLOSE;
import static dev.tidewire.server.WebSocketServer.MESSAGE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static dev.tidewire.server.WebSocketServer.START;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.options.OriginPolicy;
import dev.tidewire.testkit.RawClient;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeaks.class)
class RouteTest {
    @ParameterizedTest(name = "{0} is served by {1}")
    @CsvSource({
        "/chat/lobby,          chat lobby",
        "/chat/a%2Fb?x=1,      chat a/b",
        "/chat/admin,          admin",
        "/files/a/b,           files a/b",
    })
    void eachPathHasItsOwnHandlers(String target, String served) {
        try (var server = started(new WebSocketServer(local().build())
                        .route(
                                "/chat/{room}",
                                chat -> chat.on(
                                                MESSAGE,
                                                (ws, frame) -> ws.push(
                                                        frame.fd(),
                                                        "chat "
                                                                + ws.attributes(frame.fd())
                                                                        .get("room")))
                                        .on(
                                                OPEN,
                                                (ws, request) -> ws.attributes(request.fd())
                                                        .put(
                                                                "room",
                                                                request.pathParameter("room")
                                                                        .orElseThrow())))
                        .route("/chat/admin", admin -> admin.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "admin")))
                        .route(
                                "/files/{path...}",
                                files -> files.on(
                                                MESSAGE,
                                                (ws, frame) -> ws.push(
                                                        frame.fd(),
                                                        "files "
                                                                + ws.attributes(frame.fd())
                                                                        .get("path")))
                                        .on(
                                                OPEN,
                                                (ws, request) -> ws.attributes(request.fd())
                                                        .put(
                                                                "path",
                                                                request.pathParameter("path")
                                                                        .orElseThrow()))));
                RawClient client = connect(server)) {
            client.upgrade(target);

            client.sendMessage("?").expectText(served);
        }
    }

    @Test
    void aPathWithoutRouteIs404BeforeAnyUpgrade() {
        try (var server = started(new WebSocketServer(local().build())
                        .on(MESSAGE, (ws, frame) -> {})
                        .route("/chat", chat -> {}));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/other"));

            assertThat(client.readHttpResponse().status()).isEqualTo(404);
            client.expectEof();
        }
    }

    @Test
    void whatARouteDoesNotSetItHasFromTheServer() {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(new WebSocketServer(local().build())
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "server"))
                .on(CLOSE, (ws, close) -> heard.add("server close"))
                .route("/own", own -> own.on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "own")))
                .route("/plain", plain -> plain.on(CLOSE, (ws, close) -> heard.add("plain close"))))) {
            try (RawClient client = connect(server)) {
                client.upgrade("/own");
                client.sendMessage("?").expectText("own");
                client.sendClose(1000).expectClose(1000);
            }
            assertThat(take(heard)).isEqualTo("server close");
            try (RawClient client = connect(server)) {
                client.upgrade("/plain");
                client.sendMessage("?").expectText("server");
                client.sendClose(1000).expectClose(1000);
            }
            assertThat(take(heard)).isEqualTo("plain close");
        }
    }

    @Test
    void theQueueHoldsTheLongestMessageOfARoute() {
        byte[] large = new byte[4 << 20];
        try (var server = started(new WebSocketServer(local().build())
                        .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame))
                        .route("/large", route -> route.maxMessageBytes(large.length)));
                RawClient client = connect(server)) {
            client.upgrade("/large");

            client.sendMessage(large);

            assertThat(client.readFrame().payload()).hasSize(large.length);
        }
    }

    @Test
    void aQueueWhoseLengthIsSetStaysAsItIs() {
        try (var server =
                        started(new WebSocketServer(local().maxQueuedBytes(1000).build())
                                .on(MESSAGE, (ws, frame) -> {
                                    ws.push(frame.fd(), frame);
                                    ws.push(frame.fd(), "too long");
                                })
                                .route("/large", route -> route.maxMessageBytes(4 << 20)));
                RawClient client = connect(server)) {
            client.upgrade("/large");

            client.sendMessage(new byte[2000]).expectText("too long");
        }
    }

    @Test
    void eachPathHasItsOwnLimitsSubprotocolsAndOrigins() {
        try (var server = started(new WebSocketServer(local().build())
                .on(MESSAGE, (ws, frame) -> ws.push(frame.fd(), "ok"))
                .route("/small", small -> small.maxMessageBytes(4).subprotocols(List.of("s")))
                .route("/open", open -> open.origins(OriginPolicy.any())))) {
            try (RawClient client = connect(server)) {
                var response = client.upgrade("/small", "Sec-WebSocket-Protocol: s");
                assertThat(response.header("sec-websocket-protocol")).contains("s");
                client.sendMessage("four").expectText("ok");
                client.sendMessage("fiver").expectClose(1009);
                assertThat(server.counters()).containsEntry("limit.maxMessageBytes", 1L);
            }
            try (RawClient client = connect(server)) {
                client.upgrade("/open", "Origin: http://elsewhere.example");
                client.sendMessage("more than four").expectText("ok");
            }
            try (RawClient client = connect(server)) {
                client.sendText(RawClient.upgradeRequest("/small", "Origin: http://elsewhere.example"));
                assertThat(client.readHttpResponse().status()).isEqualTo(403);
            }
        }
    }

    @Test
    void aRouteNeedsAMessageHandlerOfItsOwnOrOfTheServer() {
        var server = new WebSocketServer(local().build()).route("/a", a -> {});

        assertThatThrownBy(server::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("message")
                .hasMessageContaining("/a");
    }

    @Test
    void mistakesAreToldAtOnce() {
        var server = new WebSocketServer(local().build()).route("/a", a -> {});

        assertThatThrownBy(() -> server.route("/a", a -> {})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> server.route("a", a -> {})).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> server.route("/b", b -> b.on(START, ws -> {})))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("start");
        assertThatThrownBy(() -> server.route("/c", c -> c.maxMessageBytes(0)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> server.route("/d", d -> d.subprotocols(List.of("not a token"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a token");
        try (var running = started(new WebSocketServer(local().build()).on(MESSAGE, (ws, frame) -> {}))) {
            assertThatThrownBy(() -> running.route("/late", late -> {})).isInstanceOf(IllegalStateException.class);
        }
    }
}
