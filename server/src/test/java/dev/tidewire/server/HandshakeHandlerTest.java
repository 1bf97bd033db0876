package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.settled;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static dev.tidewire.server.WebSocketServer.DISCONNECT;
import static dev.tidewire.server.WebSocketServer.ERROR;
import static dev.tidewire.server.WebSocketServer.HANDSHAKE;
import static dev.tidewire.server.WebSocketServer.OPEN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.Upgrade;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.OriginPolicy;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NoLeaks.class)
class HandshakeHandlerTest {
    @InEveryDispatch
    void openFollowsAnAcceptance(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(echo(local(dispatch))
                        .on(HANDSHAKE, (request, upgrade) -> {
                            heard.add("handshake " + request.path());
                            upgrade.header("X-Session", "7").accept();
                        })
                        .on(OPEN, (ws, request) -> heard.add("open " + ws.isEstablished(request.fd()))));
                RawClient client = connect(server)) {
            RawResponse response = client.upgrade("/chat");

            assertThat(response.header("x-session")).contains("7");
            client.sendMessage("hi").expectText("hi");
            assertThat(heard).containsExactly("handshake /chat", "open true");
        }
    }

    @InEveryDispatch
    void aRejectionIsAnOrdinaryResponseAndNothingOpens(Dispatch dispatch) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (var server = started(echo(local(dispatch))
                        .on(
                                HANDSHAKE,
                                (request, upgrade) ->
                                        upgrade.reject(401, Map.of("WWW-Authenticate", "Bearer"), "who are you?"))
                        .on(OPEN, (ws, request) -> heard.add("open"))
                        .on(DISCONNECT, (ws, fd) -> heard.add("disconnect")));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));

            RawResponse response = client.readHttpResponse();
            assertThat(response.status()).isEqualTo(401);
            assertThat(response.header("www-authenticate")).contains("Bearer");
            assertThat(response.text()).isEqualTo("who are you?");
            client.expectEof();
            client.close();
            assertThat(take(heard)).isEqualTo("disconnect");
        }
    }

    @Test
    void theDecisionMayComeLaterAndBytesBehindTheRequestWaitForIt() {
        BlockingQueue<Upgrade> pending = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> pending.add(upgrade)));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/")).sendMessage("early");

            assertThat(take(pending).accept()).isTrue();

            client.expectUpgrade();
            client.expectText("early");
        }
    }

    @Test
    void nobodyDecidingInTimeIs503() {
        BlockingQueue<Upgrade> pending = new LinkedBlockingQueue<>();
        var options = local().handshakeTimeout(Duration.ofMillis(200)).build();
        try (var server = started(echo(options).on(HANDSHAKE, (request, upgrade) -> pending.add(upgrade)));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));

            assertThat(client.readHttpResponse().status()).isEqualTo(503);
            assertThat(take(pending).accept()).isFalse();
            assertThat(server.counters()).containsEntry("limit.handshakeTimeout", 1L);
        }
    }

    @Test
    void aClientThatLeavesUndecidedIsNoTimeout() {
        BlockingQueue<Upgrade> pending = new LinkedBlockingQueue<>();
        var options = local().handshakeTimeout(Duration.ofMillis(200)).build();
        try (var server = started(echo(options).on(HANDSHAKE, (request, upgrade) -> pending.add(upgrade)));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));
            Upgrade undecided = take(pending);
            client.reset();

            until(() -> server.connections().count() == 0);
            assertThat(settled(() -> server.counters().getOrDefault("limit.handshakeTimeout", 0L)))
                    .isZero();
            assertThat(undecided.accept()).isFalse();
        }
    }

    @Test
    void aHandlerThatThrowsIsAnswered500() {
        BlockingQueue<Throwable> errors = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build())
                        .on(HANDSHAKE, (request, upgrade) -> {
                            throw new IllegalStateException("no database");
                        })
                        .on(ERROR, (ws, fd, cause) -> errors.add(cause)));
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));

            assertThat(client.readHttpResponse().status()).isEqualTo(500);
            assertThat(take(errors)).hasMessage("no database");
        }
    }

    @Test
    void aClientThatLeavesBeforeTheDecisionCannotBeAccepted() {
        BlockingQueue<Upgrade> pending = new LinkedBlockingQueue<>();
        BlockingQueue<Long> gone = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build())
                .on(HANDSHAKE, (request, upgrade) -> pending.add(upgrade))
                .on(DISCONNECT, (ws, fd) -> gone.add(fd)))) {
            RawClient client = connect(server).sendText(RawClient.upgradeRequest("/"));
            Upgrade upgrade = take(pending);
            client.reset();
            take(gone);

            assertThat(upgrade.accept()).isFalse();
        }
    }

    @Test
    void decidingTwiceIsAMistake() {
        BlockingQueue<Throwable> mistakes = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> {
                    upgrade.accept();
                    try {
                        upgrade.reject(403);
                    } catch (IllegalStateException e) {
                        mistakes.add(e);
                    }
                }));
                RawClient client = connect(server)) {
            client.upgrade();

            assertThat(take(mistakes)).hasMessageContaining("decided before");
        }
    }

    @ParameterizedTest(name = "client offers {0}: server says {1}")
    @CsvSource({
        "'b, a',          a",
        "'c, b',          b",
        "c,               none",
        "'bearer, t0ken', bearer",
        "'a, bearer, t',  a",
    })
    void theServersPreferredSubprotocolIsChosen(String offered, String chosen) {
        var options = local().subprotocols(List.of("a", "b")).build();
        try (var server = started(echo(options));
                RawClient client = connect(server)) {
            RawResponse response = client.upgrade("/", "Sec-WebSocket-Protocol: " + offered);

            assertThat(response.header("sec-websocket-protocol").orElse("none")).isEqualTo(chosen);
        }
    }

    @Test
    void theHandlerMayChooseAnotherOfferedSubprotocolButNoneThatWasNotOffered() {
        BlockingQueue<Throwable> mistakes = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> {
                    assertThat(upgrade.subprotocols()).containsExactly("x", "y");
                    try {
                        upgrade.accept("z");
                    } catch (IllegalArgumentException e) {
                        mistakes.add(e);
                    }
                    upgrade.accept("y");
                }));
                RawClient client = connect(server)) {
            RawResponse response = client.upgrade("/", "Sec-WebSocket-Protocol: x, y");

            assertThat(response.header("sec-websocket-protocol")).contains("y");
            assertThat(take(mistakes)).hasMessageContaining("z");
        }
    }

    @Test
    void theHandlerReadsCookiesQueryAndToken() {
        BlockingQueue<HttpRequest> requests = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> {
                    requests.add(request);
                    upgrade.accept();
                }));
                RawClient client = connect(server)) {
            client.upgrade("/?room=7&x=a%20b", "Cookie: sid=abc; theme=dark", "Authorization: Bearer s3cret");

            HttpRequest request = take(requests);
            assertThat(request.cookie("sid")).contains("abc");
            assertThat(request.cookies()).containsEntry("theme", "dark");
            assertThat(request.queryParameter("room")).contains("7");
            assertThat(request.queryParameter("x")).contains("a b");
            assertThat(request.bearerToken()).contains("s3cret");
        }
    }

    @ParameterizedTest(name = "{0} carries {1}")
    @CsvSource({
        "'Sec-WebSocket-Protocol: bearer, t0ken',         t0ken",
        "'Sec-WebSocket-Protocol: chat, bearer, t0ken',   t0ken",
        "'Sec-WebSocket-Protocol: chat, bearer.dDBrZW4',  t0ken",
        "'Sec-WebSocket-Protocol: chat',                  none",
        "'Sec-WebSocket-Protocol: bearer',                none",
        "'Authorization: bearer t0ken',                   t0ken",
        "'Authorization: Basic dXNlcjpwYXNz',             none",
    })
    void bearerTokensAreFoundWhereClientsCanPutThem(String header, String token) {
        BlockingQueue<String> tokens = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> {
                    tokens.add(request.bearerToken().orElse("none"));
                    upgrade.accept();
                }));
                RawClient client = connect(server)) {
            client.upgrade("/", header);

            assertThat(take(tokens)).isEqualTo(token);
        }
    }

    @Test
    void pagesOfOtherHostsAreRefusedUnlessAllowed() {
        try (var strict = started(echo(local().build()));
                var open = started(echo(local().origins(OriginPolicy.any()).build()));
                var listed = started(echo(local().origins(OriginPolicy.allow("https://app.example"))
                        .build()))) {
            assertThat(statusFor(strict, "http://evil.example")).isEqualTo(403);
            assertThat(statusFor(strict, "http://localhost")).isEqualTo(101);
            assertThat(statusFor(open, "http://evil.example")).isEqualTo(101);
            assertThat(statusFor(listed, "https://app.example")).isEqualTo(101);
            assertThat(statusFor(listed, "http://localhost")).isEqualTo(403);
        }
    }

    @ParameterizedTest(name = "{0} on {1}: {2}")
    @CsvSource({
        "http://example.org, http://example.org/, 101",
        "http://localhost,   http://example.org/, 403",
    })
    void theHostOfAnAbsoluteTargetCountsAndTheHeadersDoesNot(String origin, String target, int status) {
        try (var server = started(echo(local().build()))) {
            assertThat(statusFor(server, target, origin)).isEqualTo(status);
        }
    }

    private static int statusFor(WebSocketServer server, String origin) {
        return statusFor(server, "/", origin);
    }

    private static int statusFor(WebSocketServer server, String target, String origin) {
        try (RawClient client = connect(server)) {
            client.sendText(
                    "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: "
                            + origin + "\r\n\r\n");
            return client.readHttpHead().status();
        }
    }

    @Test
    void closingTheServerEndsHandshakesThatWait() {
        BlockingQueue<Upgrade> pending = new LinkedBlockingQueue<>();
        var server =
                started(echo(local().shutdownTimeout(Duration.ofMillis(300)).build())
                        .on(HANDSHAKE, (request, upgrade) -> pending.add(upgrade)));
        try (RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/"));
            Upgrade upgrade = take(pending);

            server.close();

            client.expectEnd();
            assertThat(upgrade.accept()).isFalse();
        }
    }

    @Test
    void handshakeHeadersAreTheServersToSay() {
        BlockingQueue<Throwable> mistakes = new LinkedBlockingQueue<>();
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> {
                    assertThatThrownBy(() -> upgrade.header("Sec-WebSocket-Accept", "x"))
                            .isInstanceOf(IllegalArgumentException.class);
                    assertThatThrownBy(() -> upgrade.header("X", "a\r\nb"))
                            .isInstanceOf(IllegalArgumentException.class);
                    assertThatThrownBy(() -> upgrade.reject(101)).isInstanceOf(IllegalArgumentException.class);
                    mistakes.add(new IllegalStateException("all refused"));
                    upgrade.accept();
                }));
                RawClient client = connect(server)) {
            client.upgrade();

            assertThat(take(mistakes)).hasMessage("all refused");
        }
    }

    @Test
    void anUpgradeRejectedWith426SaysWhatToUpgradeTo() {
        try (var server = started(echo(local().build()).on(HANDSHAKE, (request, upgrade) -> upgrade.reject(426)));
                RawClient client = connect(server)) {
            RawResponse response =
                    client.sendText(RawClient.upgradeRequest("/")).readHttpResponse();

            assertThat(response.status()).isEqualTo(426);
            assertThat(response.header("Upgrade")).contains("websocket");
            assertThat(response.headers().get("connection")).containsExactlyInAnyOrder("close", "upgrade");
        }
    }
}
