package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.testkit.RawClient;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a client that asks first is told to go on (RFC 9110 §10.1.1): a 100 is for the request that is answered next, or for none. */
@ExtendWith(NoLeaks.class)
class ContinueTest {
    private static final String LATER = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String NEXT = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
    private static final String ASKS =
            "POST /body HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

    private final BlockingQueue<HttpResponse> responses = new LinkedBlockingQueue<>();

    private HttpServer server() {
        return started(new HttpServer(local().build()).on(HttpServer.REQUEST, (request, response) -> {
            if (request.path().equals("/later")) responses.add(response);
            else response.end(request.path() + request.text());
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", NEXT})
    void aRequestIsAskedForItsBodyWhenThoseBeforeItAreAnswered(String between) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText(LATER + between + ASKS);
            take(responses).end("at last");

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            if (!between.isEmpty()) assertThat(client.readHttpResponse().text()).isEqualTo("/next");
            assertThat(client.readHttpResponse().status()).isEqualTo(100);
            client.sendText("hello");
            assertThat(client.readHttpResponse().text()).isEqualTo("/bodyhello");
        }
    }

    @Test
    void aRequestThatIsWholeBeforeItsTurnIsNotAskedForItsBody() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText(LATER + ASKS + "hello" + NEXT);
            take(responses).end("at last");

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("/bodyhello");
            assertThat(client.readHttpResponse().text()).isEqualTo("/next");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRequestBehindTheLastOneIsNotAskedForItsBody(boolean serverCloses) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            String last = serverCloses ? LATER : LATER.replace("Host", "Connection: close\r\nHost");
            client.sendText(last + ASKS);
            HttpResponse response = take(responses);
            if (serverCloses) server.close(1);
            response.end("at last");

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            client.expectEof();
        }
    }

    @Test
    void aMalformedRequestIsNotAskedForItsBody() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText(ASKS.replace("Host: h", "Host: h\r\nContent-Length: 6"));

            assertThat(client.readHttpResponse().status()).isEqualTo(400);
            client.expectEof();
        }
    }

    @Test
    void aClientOfHttp10IsNotToldToContinue() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText(ASKS.replace("HTTP/1.1", "HTTP/1.0") + "hello");

            assertThat(client.readHttpResponse().text()).isEqualTo("/bodyhello");
        }
    }
}
