package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.open;
import static dev.tidewire.server.Fixture.seeOut;
import static dev.tidewire.server.Fixture.started;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
@Timeout(30)
class AccessLogTest {
    private static final String LOGGER = "dev.tidewire.access";

    @Test
    void aWebSocketIsOneLineWithTheTemplateOfItsRoute() {
        WebSocketServer server = started(new WebSocketServer(
                        local().accessLog(true).build())
                .route(
                        "/chat/{room}",
                        chat -> chat.on(WebSocketServer.MESSAGE, (ws, frame) -> ws.push(frame.fd(), frame.text()))));
        try (LogLines log = new LogLines(LOGGER);
                server;
                RawClient client = connect(server)) {
            client.upgrade("/chat/secret?token=abc");
            client.sendMessage("hello").expectText("hello");
            client.sendClose(4321).expectClose(4321);
            seeOut(client);

            assertThat(log.next())
                    .matches("fd=1 event=closed remote=127\\.0\\.0\\.1:\\d+ protocol=websocket"
                            + " route=/chat/\\{room} status=101 code=4321 initiator=client clean=true duration_ms=\\d+"
                            + " bytes_in=\\d+ bytes_out=\\d+ messages_in=2 messages_out=1")
                    .doesNotContain("secret", "abc", "hello");
            assertThat(log.isEmpty()).isTrue();
        }
    }

    @Test
    void aPlainRequestShowsItsStatus() {
        WebSocketServer server = started(echo(local().accessLog(true).build())
                .on(
                        WebSocketServer.REQUEST,
                        (request, response) -> response.status(404).end("no")));
        try (LogLines log = new LogLines(LOGGER);
                server;
                RawClient client = connect(server)) {
            client.sendText("GET /%0Afd=9 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assertThat(client.readHttpResponse().status()).isEqualTo(404);
            seeOut(client);

            assertThat(log.next())
                    .contains(" protocol=http route=- status=404 code=1000 ")
                    .doesNotContain("\n", "fd=9");
        }
    }

    @Test
    void aPeerThatIsCutOffIsTheServersDoing() {
        WebSocketServer server = started(echo(local().accessLog(true).build()));
        try (LogLines log = new LogLines(LOGGER);
                RawClient client = open(server)) {
            client.sendHex("81 00");
            client.expectClose(1002);
            seeOut(client);
            server.close();

            assertThat(log.next()).contains(" route=* status=101 code=1002 initiator=server ");
        }
    }

    @Test
    void nothingIsLoggedUnlessAskedFor() {
        WebSocketServer server = started(echo(local().build()));
        try (LogLines log = new LogLines(LOGGER);
                RawClient client = open(server)) {
            client.sendClose(1000).expectClose(1000);
            seeOut(client);
            server.close();

            assertThat(log.isEmpty()).isTrue();
        }
    }
}
