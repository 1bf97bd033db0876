package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.settled;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.options.TlsProvider;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Requests sent ahead of their answers: none is lost, and only as many are kept as may wait. */
@ExtendWith(NoLeaks.class)
class PipeliningTest {
    private static final String LATER = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String NEXT = "GET /n HTTP/1.1\r\nHost:\r\n\r\n";
    /** One is answered, 16 wait, and one more tells that it is too many. */
    private static final long KEPT = 18;

    private final BlockingQueue<HttpResponse> responses = new LinkedBlockingQueue<>();

    private void handle(HttpRequest request, HttpResponse response) {
        if (request.path().equals("/later")) responses.add(response);
        else response.end(request.path());
    }

    private HttpServer server(Transport transport) {
        return started(new HttpServer(local().transport(transport).build()).on(HttpServer.REQUEST, this::handle));
    }

    private void answerTheFirst(HttpServer server, RawClient client) {
        HttpResponse first = take(responses);
        assertThat(settled(() -> server.stats().requestCount())).isEqualTo(KEPT);
        first.end("at last");
        assertThat(client.readHttpResponse().text()).isEqualTo("at last");
    }

    private static void expectAnswers(RawClient client, int count) {
        for (int i = 0; i < count; i++) {
            assertThat(client.readHttpResponse().text()).isEqualTo("/n");
        }
    }

    @OnEveryTransport
    void ofManySmallRequestsInOneReadNoMoreAreKeptThanMayWait(Transport transport) {
        try (HttpServer server = server(transport);
                RawClient client = connect(server)) {
            client.sendText(LATER + NEXT.repeat(1000));
            answerTheFirst(server, client);

            expectAnswers(client, 1000);
            client.sendText(NEXT);
            expectAnswers(client, 1);
        }
    }

    @OnEveryTransport
    void theyAreAllAnsweredWhenTheClientHasEndedItsHalf(Transport transport) {
        try (HttpServer server = server(transport);
                RawClient client = connect(server)) {
            client.sendText(LATER + NEXT.repeat(100)).halfClose();
            answerTheFirst(server, client);

            expectAnswers(client, 100);
            client.expectEof();
        }
    }

    @Test
    void theyAreAllAnsweredWhenTheClientHasEndedItsHalfOfTls(@TempDir Path folder) {
        HttpServer tls = new HttpServer(
                local().tls(TlsFixture.localhost(folder, TlsProvider.JDK)).build());
        try (HttpServer server = started(tls.on(HttpServer.REQUEST, this::handle));
                RawClient client = TlsFixture.connect(server, "TLSv1.3")) {
            client.sendText(LATER + NEXT.repeat(100)).halfClose();
            answerTheFirst(server, client);

            expectAnswers(client, 100);
            client.expectEof();
        }
    }

    @Test
    void anUpgradeBehindManyIsAnsweredInItsTurn() {
        WebSocketServer both = echo(local().build()).on(HttpServer.REQUEST, this::handle);
        try (WebSocketServer server = started(both);
                RawClient client = connect(server)) {
            client.send(Fixture.together(
                    Fixture.ascii(LATER + NEXT.repeat(50) + RawClient.upgradeRequest("/")),
                    client.frame(1, true, Fixture.ascii("hello")),
                    client.frame(8, true, new byte[0])));
            client.halfClose();
            answerTheFirst(server, client);

            expectAnswers(client, 50);
            client.expectUpgrade();
            client.expectText("hello");
            client.expectClose(1005);
        }
    }

    @Test
    void halfARequestBehindManyIsRefusedInItsTurn() {
        try (HttpServer server = server(Transport.AUTO);
                RawClient client = connect(server)) {
            client.sendText(LATER + NEXT.repeat(50) + "GET /half HTTP/1.1\r\nHo")
                    .halfClose();
            answerTheFirst(server, client);

            expectAnswers(client, 50);
            assertThat(client.readHttpResponse().status()).isEqualTo(400);
            client.expectEof();
        }
    }

    @Test
    void theyAreForgottenWhenTheConnectionEndsBeforeTheirTurn() {
        try (HttpServer server = server(Transport.AUTO);
                RawClient client = connect(server)) {
            HttpResponse first = sendMoreThanAreKept(server, client);
            server.close(1);
            first.end("at last");

            assertThat(client.readHttpResponse().header("Connection")).contains("close");
            client.expectEof();
            assertThat(server.stats().requestCount()).isEqualTo(KEPT);
        }
    }

    @Test
    void aPauseOfTheApplicationHoldsThemBack() {
        try (HttpServer server = server(Transport.AUTO);
                RawClient client = connect(server)) {
            client.sendText(LATER + NEXT.repeat(100)).halfClose();
            HttpResponse first = take(responses);
            assertThat(settled(() -> server.stats().requestCount())).isEqualTo(KEPT);
            server.pause(1);
            first.end("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            assertThat(settled(() -> server.stats().requestCount())).isEqualTo(KEPT);
            server.resume(1);

            expectAnswers(client, 100);
            client.expectEof();
        }
    }

    @Test
    void thoseThatAPauseHeldBackAreNotHandledWhenTheConnectionIsClosed() {
        try (HttpServer server = server(Transport.AUTO);
                RawClient client = connect(server)) {
            HttpResponse first = sendMoreThanAreKept(server, client);
            server.pause(1);
            first.end("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            expectAnswers(client, (int) KEPT - 1);
            server.close(1);

            client.expectEof();
            assertThat(settled(() -> server.stats().requestCount())).isEqualTo(KEPT);
        }
    }

    /** Gives the response to the first, which the others wait for. */
    private HttpResponse sendMoreThanAreKept(HttpServer server, RawClient client) {
        client.sendText(LATER + NEXT.repeat(100));
        HttpResponse first = take(responses);
        assertThat(settled(() -> server.stats().requestCount())).isEqualTo(KEPT);
        return first;
    }

    /** A read nearly always ends in the middle of one. */
    @OnEveryTransport
    void bodiesAreNotReadWhileTooMuchWaits(Transport transport) {
        String post = "POST /n HTTP/1.1\r\nHost: h\r\nContent-Length: 30000\r\n\r\n" + "x".repeat(30_000);
        HttpServer http = new HttpServer(
                local().transport(transport).maxPendingBytes(100_000).build());
        try (HttpServer server = started(http.on(HttpServer.REQUEST, this::handle));
                RawClient client = connect(server)) {
            client.sendText(LATER);
            HttpResponse first = take(responses);
            Thread.startVirtualThread(() -> {
                try {
                    client.sendText(post.repeat(1000));
                } catch (UncheckedIOException ended) {
                    // With the connection.
                }
            });

            assertThat(settled(() -> server.clientInfo(1).orElseThrow().bytesReceived()))
                    .isLessThan(1 << 20);
            first.end("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            expectAnswers(client, 1000);
        }
    }
}
