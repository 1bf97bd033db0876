package dev.tidewire.server;

import static dev.tidewire.server.Fixture.await;
import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.echo;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.settled;
import static dev.tidewire.server.Fixture.started;
import static dev.tidewire.server.Fixture.summary;
import static dev.tidewire.server.Fixture.take;
import static dev.tidewire.server.Fixture.until;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.connection.SendResult;
import dev.tidewire.server.http.HttpRequest;
import dev.tidewire.server.http.HttpResponse;
import dev.tidewire.server.options.Dispatch;
import dev.tidewire.server.options.ServerOptions;
import dev.tidewire.server.options.Transport;
import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class HttpTest {
    private final BlockingQueue<HttpRequest> requests = new LinkedBlockingQueue<>();
    private final BlockingQueue<HttpResponse> responses = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    /** Answers with method and path; {@code /later} is left to the test. */
    private void handle(HttpRequest request, HttpResponse response) {
        requests.add(request);
        switch (request.path()) {
            case "/later" -> responses.add(response);
            case "/fail" -> throw new IllegalStateException("as asked");
            case "/failed" -> {
                response.end("done");
                throw new IllegalStateException("as asked");
            }
            case "/body" -> response.end(request.bytes());
            default -> response.end(request.method() + " " + request.path());
        }
    }

    private HttpServer server(ServerOptions options) {
        return started(new HttpServer(options)
                .on(HttpServer.REQUEST, this::handle)
                .on(HttpServer.ERROR, (server, fd, cause) -> heard.add("error " + fd))
                .on(HttpServer.CLOSE, (server, close) -> heard.add(summary(close))));
    }

    private HttpServer server() {
        return server(local().build());
    }

    /** One is answered meanwhile; those ahead of their answers are the ones behind it. */
    @ParameterizedTest
    @CsvSource({"16, false", "17, true"})
    void moreRequestsSentAheadThanMayWaitAreCounted(int ahead, boolean counted) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            String first = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";
            client.sendText(first + "GET /next HTTP/1.1\r\nHost: h\r\n\r\n".repeat(ahead));
            until(() -> server.stats().requestCount() == ahead + 1);
            take(responses).end("first");
            for (int i = 0; i <= ahead; i++) {
                assertThat(client.readHttpResponse().status()).isEqualTo(200);
            }
            assertThat(server.counters().getOrDefault("limit.maxPipelined", 0L)).isEqualTo(counted ? 1 : 0);
        }
    }

    /** When the limit is passed one read is under way, which may bring one more. A header weighs 100 bytes. */
    @Test
    void bodiesSentAheadAreReadUpToALimitInBytes() throws InterruptedException {
        int bodies = 12;
        String body = "x".repeat(50_000);
        try (HttpServer server = server(local().maxPendingBytes(101_000).build());
                RawClient client = connect(server)) {
            Thread sender = Thread.ofPlatform().start(() -> {
                client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
                client.sendText(
                        ("POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: 50000\r\n\r\n" + body).repeat(bodies));
            });
            until(() -> server.counters().containsKey("limit.maxPendingBytes"));
            assertThat(settled(() -> server.stats().requestCount())).isBetween(4L, 5L);

            take(responses).end("first");
            assertThat(client.readHttpResponse().text()).isEqualTo("first");
            for (int i = 0; i < bodies; i++) {
                assertThat(client.readHttpResponse().text()).isEqualTo(body);
            }
            sender.join();
            assertThat(server.counters()).doesNotContainKey("limit.maxPipelined");
        }
    }

    @Test
    void aRequestIsHandedOverWhole() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("POST /a%20b/c?x=1&y=%26&x=2&z HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one: 2\r\n"
                    + "Content-Length: 5\r\n\r\nhello");
            client.readHttpResponse();

            HttpRequest request = take(requests);
            assertThat(request.fd()).isEqualTo(1);
            assertThat(request.method()).isEqualTo("POST");
            assertThat(request.target()).isEqualTo("/a%20b/c?x=1&y=%26&x=2&z");
            assertThat(request.path()).isEqualTo("/a b/c");
            assertThat(request.query()).isEqualTo("x=1&y=%26&x=2&z");
            assertThat(request.queryParameter("x")).contains("1");
            assertThat(request.queryParameter("y")).contains("&");
            assertThat(request.queryParameter("w")).isEmpty();
            assertThat(request.queryParameters())
                    .isEqualTo(Map.of("x", List.of("1", "2"), "y", List.of("&"), "z", List.of("")));
            assertThat(request.header("X-ONE")).contains("1");
            assertThat(request.header("none")).isEmpty();
            assertThat(request.headers())
                    .containsEntry("x-one", List.of("1", "2"))
                    .containsEntry("host", List.of("h"));
            assertThat(request.text()).isEqualTo("hello");
            assertThat(request.bytes()).hasSize(5);
            assertThat(request.remoteAddress()).isEqualTo(client.localAddress());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/,                    /,    ''",
        "/p,                   /p,   ''",
        "/p?,                  /p,   ''",
        "http://host/p?q=1,    /p,   q=1",
        "http://host,          /,    ''",
        "HTTPS://host?q=1,     /,    q=1",
        "http://h%2Fx/p,       /p,   ''",
        "//host/p,             //host/p, ''",
        "*,                    *,    ''",
    })
    void aTargetIsTakenApart(String target, String path, String query) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("OPTIONS " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");

            assertThat(client.readHttpResponse().text()).isEqualTo("OPTIONS " + path);
            assertThat(take(requests).query()).isEqualTo(query);
        }
    }

    @Test
    void aSemicolonIsPartOfAParametersValue() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            get(client, "/?a=1;b=2&c=x+y");

            assertThat(take(requests).queryParameters()).isEqualTo(Map.of("a", List.of("1;b=2"), "c", List.of("x y")));
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "my_host:80,     200",
        "[::1]:9502,     200",
        "'',             200",
        "a b/c,          400",
        "user@h,         400",
        "h:port,         400",
        "'a,b: c',       400",
    })
    void aHostHeaderHasAHostOrNothing(String host, int status) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");

            assertThat(client.readHttpResponse().status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://user@h/", "http://h:port/", "http://:80/", "http://a,b:c/"})
    void aTargetHasNoOtherHostThanOneOfHttp(String target) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            assertThat(get(client, target).status()).isEqualTo(400);
        }
    }

    @Test
    void aResponseHasWhatTheHandlerSaid() {
        RequestHandler handler = (request, response) -> {
            response.status(418).header("X-Tea", "green").header("x-tea", "black");
            response.header("Content-Type", "text/html").end("<p>grüße</p>");
        };
        try (HttpServer server = started(new HttpServer(local().build()).on(HttpServer.REQUEST, handler));
                RawClient client = connect(server)) {
            RawResponse response = get(client, "/");

            assertThat(response.status()).isEqualTo(418);
            assertThat(response.headers().get("x-tea")).containsExactly("black");
            assertThat(response.header("content-type")).contains("text/html");
            assertThat(response.header("content-length")).contains("14");
            assertThat(response.header("date"))
                    .hasValueSatisfying(date -> assertThat(date)
                            .matches("(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT"));
            assertThat(response.text()).isEqualTo("<p>grüße</p>");
        }
    }

    @Test
    void textIsPlainUtf8UnlessSaidOtherwiseAndBytesAreUnnamed() {
        RequestHandler handler = (request, response) -> {
            if (request.path().equals("/text")) response.end("text");
            else if (request.path().equals("/bytes")) response.end(new byte[] {1, 2});
            else response.end();
        };
        try (HttpServer server = started(new HttpServer(local().build()).on(HttpServer.REQUEST, handler));
                RawClient client = connect(server)) {
            assertThat(get(client, "/text").header("Content-Type")).contains("text/plain; charset=utf-8");
            RawResponse bytes = get(client, "/bytes");
            assertThat(bytes.header("Content-Type")).isEmpty();
            assertThat(bytes.body()).containsExactly(1, 2);
            assertThat(get(client, "/").header("Content-Length")).contains("0");
        }
    }

    @Test
    void headIsAnsweredWithoutTheBodyButWithItsLength() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("HEAD /page HTTP/1.1\r\nHost: h\r\n\r\n");
            RawResponse head = client.readHttpHead();

            assertThat(head.status()).isEqualTo(200);
            assertThat(head.header("Content-Length")).contains("10");
            assertThat(get(client, "/next").text()).isEqualTo("GET /next");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 304})
    void aStatusWithoutABodyHasNone(int status) {
        RequestHandler handler = (request, response) -> {
            if (request.path().equals("/")) response.status(status).end("none of this");
            else response.end("next");
        };
        try (HttpServer server = started(new HttpServer(local().build()).on(HttpServer.REQUEST, handler));
                RawClient client = connect(server)) {
            assertThat(get(client, "/").status()).isEqualTo(status);
            assertThat(get(client, "/next").text()).isEqualTo("next");
        }
    }

    @InEveryDispatch
    void oneConnectionServesManyRequests(Dispatch dispatch) {
        try (HttpServer server = server(local(dispatch));
                RawClient client = connect(server)) {
            for (int i = 0; i < 20; i++) {
                assertThat(get(client, "/" + i).text()).isEqualTo("GET /" + i);
            }
            assertThat(requests).extracting(HttpRequest::fd).containsOnly(1L);
        }
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1, Connection: close", "HTTP/1.0, X: y"})
    void theConnectionEndsWhenTheClientWantsIt(String version, String header) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET / " + version + "\r\nHost: h\r\n" + header + "\r\n\r\n");

            assertThat(client.readHttpResponse().header("Connection")).contains("close");
            client.expectEof();
        }
    }

    @Test
    void aClientOfHttp10ThatAsksForItKeepsItsConnectionAndIsTold() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            for (int i = 0; i < 2; i++) {
                client.sendText("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
                assertThat(client.readHttpResponse().header("Connection")).contains("keep-alive");
            }
            assertThat(get(client, "/").header("Connection")).isEmpty();
        }
    }

    @InEveryDispatch
    void requestsSentAheadAreAnsweredInOrder(Dispatch dispatch) {
        int ahead = 200;
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < ahead; i++) {
            all.append("GET /").append(i).append(" HTTP/1.1\r\nHost: h\r\n\r\n");
        }
        try (HttpServer server = server(local(dispatch));
                RawClient client = connect(server)) {
            client.sendText(all.toString());

            for (int i = 0; i < ahead; i++) {
                assertThat(client.readHttpResponse().text()).isEqualTo("GET /" + i);
            }
        }
    }

    @Test
    void aLaterRequestWaitsForTheAnswerToTheOneBefore() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse response = take(responses);
            assertThat(response.end("at last")).isEqualTo(SendResult.SENT);

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("GET /next");
        }
    }

    /** Also when requests wait between the one under way and the garbage. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void garbageBehindRequestsIsRefusedInItsTurn(boolean alsoWebSocket) {
        ServerOptions options = local().build();
        HttpServer either =
                alsoWebSocket ? started(echo(options).on(HttpServer.REQUEST, this::handle)) : server(options);
        try (HttpServer server = either;
                RawClient client = connect(server)) {
            client.sendText(
                    "GET /later HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n");
            take(responses).end("at last");

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("GET /next");
            assertThat(client.readHttpResponse().status()).isEqualTo(400);
            client.expectEof();
        }
    }

    @Test
    void anUpgradeBehindRequestsIsAnsweredInItsTurn() {
        WebSocketServer both = echo(local().build()).on(HttpServer.REQUEST, this::handle);
        try (WebSocketServer server = started(both);
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\nGET /next HTTP/1.1\r\nHost: h\r\n\r\n"
                    + RawClient.upgradeRequest("/"));
            client.sendMessage("hello");
            take(responses).end("at last");

            assertThat(client.readHttpResponse().text()).isEqualTo("at last");
            assertThat(client.readHttpResponse().text()).isEqualTo("GET /next");
            client.expectUpgrade();
            client.expectText("hello");
        }
    }

    @InEveryDispatch
    void aBodyArrivesWhole(Dispatch dispatch) {
        byte[] body = new byte[300_000];
        new Random(1).nextBytes(body);
        try (HttpServer server = server(local(dispatch));
                RawClient client = connect(server)) {
            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length + "\r\n\r\n");
            client.send(body);
            assertThat(client.readHttpResponse().body()).isEqualTo(body);

            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
            client.inChunksOf(3).sendText("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
            assertThat(client.readHttpResponse().text()).isEqualTo("hello world");
        }
    }

    /** Netty would take eight bytes behind these two headers for a body. */
    @Test
    void aRequestThatSaysNothingOfABodyHasNone() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /first HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key1: 1\r\nSec-WebSocket-Key2: 2\r\n\r\n");
            client.sendText("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");

            assertThat(client.readHttpResponse().text()).isEqualTo("GET /first");
            assertThat(client.readHttpResponse().text()).isEqualTo("GET /next");
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n"})
    void aBodyOverTheLimitIsRefused(String rest) {
        try (HttpServer server = server(local().maxRequestBodyBytes(10).build());
                RawClient client = connect(server)) {
            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n0123456789");
            assertThat(client.readHttpResponse().text()).isEqualTo("0123456789");

            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\n" + rest);
            RawResponse refused = client.readHttpResponse();
            assertThat(refused.status()).isEqualTo(413);
            assertThat(refused.text()).isEqualTo("the body is over 10 bytes\n");
            assertThat(server.counters()).containsEntry("limit.maxRequestBodyBytes", 1L);
            client.expectEof();
        }
    }

    @ParameterizedTest(name = "{0} chunks of one byte")
    @CsvSource({"16384, 200", "16385, 413", "20000, 413"})
    void aBodyInVeryManyPiecesIsRefused(int chunks, int status) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "1\r\nx\r\n".repeat(chunks) + "0\r\n\r\n");

            RawResponse response = client.readHttpResponse();
            assertThat(response.status()).isEqualTo(status);
            assertThat(response.text())
                    .isEqualTo(
                            status == 200
                                    ? "x".repeat(chunks)
                                    : "the body comes in more than 16384 pieces of at most 1024 bytes\n");
        }
    }

    @Test
    void asManyParametersAreReadAsTheHeadHolds() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /?" + "a=1&".repeat(2000) + "b=2 HTTP/1.1\r\nHost: h\r\n\r\n");

            client.readHttpResponse();
            HttpRequest request = take(requests);
            assertThat(request.queryParameters().get("a")).hasSize(2000);
            assertThat(request.queryParameter("b")).contains("2");
        }
    }

    @Test
    void whatComesBehindAnUpgradeIsNotReadWhileTheConnectionEndsBehindAnotherResponse() {
        try (var server = started(new WebSocketServer(local().build())
                        .on(WebSocketServer.MESSAGE, (ws, frame) -> {})
                        .on(HttpServer.REQUEST, this::handle));
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse later = take(responses);
            long fd = take(requests).fd();
            server.close(fd);
            client.sendText(RawClient.upgradeRequest("/"));
            Thread.startVirtualThread(() -> {
                try {
                    client.sendText("x".repeat(64 << 20));
                } catch (UncheckedIOException ended) {
                    // With the connection.
                }
            });

            assertThat(settled(() -> server.clientInfo(fd).orElseThrow().bytesReceived()))
                    .isLessThan(8 << 20);

            later.end("done");
            assertThat(client.readHttpResponse().text()).isEqualTo("done");
        }
    }

    @Test
    void aClientThatAsksFirstIsToldToContinue() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(client.readHttpResponse().status()).isEqualTo(100);

            client.sendText("hello");
            assertThat(client.readHttpResponse().text()).isEqualTo("hello");
        }
    }

    @Test
    void aClientThatAsksFirstWithTooMuchIsRefused() {
        try (HttpServer server = server(local().maxRequestBodyBytes(10).build());
                RawClient client = connect(server)) {
            client.sendText("POST /body HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");

            assertThat(client.readHttpResponse().status()).isEqualTo(413);
            assertThat(requests).isEmpty();
        }
    }

    @ParameterizedTest(name = "{0} header bytes")
    @CsvSource({"1000, 200", "2000, 431"})
    void headersOverTheLimitAreRefused(int bytes, int status) {
        try (HttpServer server = server(local().maxRequestHeadBytes(1024).build());
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(bytes) + "\r\n\r\n");

            assertThat(client.readHttpResponse().status()).isEqualTo(status);
            assertThat(server.counters().containsKey("limit.maxRequestHeadBytes"))
                    .isEqualTo(status == 431);
        }
    }

    @Test
    void aRequestLineOverTheLimitIsRefused() {
        try (HttpServer server = server(local().maxRequestHeadBytes(1024).build());
                RawClient client = connect(server)) {
            client.sendText("GET /" + "x".repeat(2000) + " HTTP/1.1\r\nHost: h\r\n\r\n");

            assertThat(client.readHttpResponse().status()).isEqualTo(414);
            assertThat(server.counters()).containsEntry("limit.maxRequestHeadBytes", 1L);
            client.expectEof();
        }
    }

    @InEveryDispatch
    void aResponseMayBeEndedLaterAndByAnotherThread(Dispatch dispatch) {
        try (HttpServer server = server(local(dispatch));
                RawClient client = connect(server);
                RawClient other = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse response = take(responses);
            assertThat(get(other, "/meanwhile").text()).isEqualTo("GET /meanwhile");

            assertThat(response.status(202).end("at last")).isEqualTo(SendResult.SENT);
            assertThat(client.readHttpResponse().status()).isEqualTo(202);
            assertThat(get(client, "/next").text()).isEqualTo("GET /next");
        }
    }

    @Test
    void aResponseEndsOnce() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse response = take(responses);
            response.end("once");

            assertThatThrownBy(() -> response.end("twice")).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(response::end).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> response.end(new byte[1])).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> response.status(404)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> response.header("a", "b")).isInstanceOf(IllegalStateException.class);
            assertThat(client.readHttpResponse().text()).isEqualTo("once");
            assertThat(get(client, "/next").text()).isEqualTo("GET /next");
        }
    }

    @Test
    void aResponseRefusesWhatMayNotBeSent() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse response = take(responses);

            for (int status : new int[] {-1, 0, 100, 101, 199, 600}) {
                assertThatThrownBy(() -> response.status(status)).isInstanceOf(IllegalArgumentException.class);
            }
            for (String name : List.of("Content-Length", "transfer-encoding", "CONNECTION", "", "a b", "a:", "ä")) {
                assertThatThrownBy(() -> response.header(name, "x")).isInstanceOf(IllegalArgumentException.class);
            }
            for (String value : List.of("a\r\nSet-Cookie: b", "a\nb", "a\0b")) {
                assertThatThrownBy(() -> response.header("X", value)).isInstanceOf(IllegalArgumentException.class);
            }
            response.end("fine");
            assertThat(client.readHttpResponse().text()).isEqualTo("fine");
        }
    }

    @Test
    void aResponseToAClientThatHasGoneIsClosed() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse response = take(responses);
            client.reset();
            until(() -> !server.exists(1));

            assertThat(response.end("nobody hears")).isEqualTo(SendResult.CLOSED);
        }
    }

    @InEveryDispatch
    void aHandlerThatThrowsIsAnsweredFor(Dispatch dispatch) {
        try (HttpServer server = server(local(dispatch));
                RawClient client = connect(server);
                RawClient other = connect(server)) {
            RawResponse response = get(client, "/fail");

            assertThat(response.status()).isEqualTo(500);
            assertThat(response.header("Connection")).contains("close");
            client.expectEof();
            assertThat(take(heard)).startsWith("error ");
            assertThat(get(other, "/").status()).isEqualTo(200);
        }
    }

    @InEveryDispatch
    void aHandlerThatThrowsHavingAnsweredEndsTheConnectionBehindItsAnswer(Dispatch dispatch) {
        try (HttpServer server = server(local(dispatch));
                RawClient client = connect(server)) {
            assertThat(get(client, "/failed").text()).isEqualTo("done");
            client.expectEof();
            assertThat(take(heard)).isEqualTo("error 1");
        }
    }

    @Test
    void closeEndsAnIdleConnectionAtOnce() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            get(client, "/");

            assertThat(server.close(1)).isTrue();
            assertThat(server.close(1)).isFalse();
            client.expectEof();
            client.close();
            assertThat(take(heard)).isEqualTo("1000 SERVER clean");
        }
    }

    @Test
    void closeWaitsForTheResponseUnderWay() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
            HttpResponse response = take(responses);
            assertThat(server.close(1)).isTrue();
            response.end("at last");

            RawResponse last = client.readHttpResponse();
            assertThat(last.text()).isEqualTo("at last");
            assertThat(last.header("Connection")).contains("close");
            client.expectEof();
        }
    }

    @Test
    void aClientThatEndsItsHalfStillGetsItsAnswer() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("GET /later HTTP/1.1\r\nHost: h\r\n\r\n").halfClose();
            take(responses).end("at last");

            RawResponse last = client.readHttpResponse();
            assertThat(last.text()).isEqualTo("at last");
            assertThat(last.header("Connection")).contains("close");
            client.expectEof();
            assertThat(take(heard)).isEqualTo("1000 CLIENT clean");
        }
    }

    @Test
    void aClientThatVanishesIsLost() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            get(client, "/");
            client.reset();

            assertThat(take(heard)).isEqualTo("1006 CLIENT unclean");
        }
        assertThat(heard).isEmpty();
    }

    @Test
    void aClientThatSaysNothingIsTimedOut() {
        try (HttpServer server =
                        server(local().handshakeTimeout(Duration.ofMillis(50)).build());
                RawClient client = connect(server)) {
            assertThat(client.readHttpResponse().status()).isEqualTo(408);
            client.expectEof();
            assertThat(server.counters()).containsEntry("limit.handshakeTimeout", 1L);
        }
    }

    @Test
    void aConnectionThatIsKeptForNothingIsClosed() {
        try (HttpServer server =
                        server(local().keepAliveTimeout(Duration.ofMillis(50)).build());
                RawClient client = connect(server)) {
            assertThat(get(client, "/").status()).isEqualTo(200);
            client.expectEof();
            assertThat(server.counters()).containsEntry("limit.keepAliveTimeout", 1L);
        }
    }

    /** Whether it begins in the read that brought the one before, or later. */
    @ParameterizedTest
    @CsvSource({"'', 'GET /half HT'", "'GET /half HT', ''", "'', 'POST / HTTP/1.1\nHost: h\nContent-Length: 9\n\nhalf'"
    })
    void aRequestOfAKeptConnectionThatDoesNotComeWholeIsTimedOut(String withTheFirst, String later) {
        try (HttpServer server =
                        server(local().keepAliveTimeout(Duration.ofSeconds(1)).build());
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + withTheFirst);
            assertThat(client.readHttpResponse().status()).isEqualTo(200);
            client.sendText(later.replace("\n", "\r\n"));

            RawResponse late = client.readHttpResponse();
            assertThat(late.status()).isEqualTo(408);
            assertThat(late.text()).isEqualTo("no whole request within 1 s\n");
            client.expectEof();
            assertThat(server.counters()).containsEntry("limit.keepAliveTimeout", 1L);
        }
    }

    @Test
    void anEmptyLineBeginsNoRequest() {
        try (HttpServer server =
                        server(local().keepAliveTimeout(Duration.ofMillis(50)).build());
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: h\r\n\r\n\r\n");
            assertThat(client.readHttpResponse().status()).isEqualTo(200);
            client.expectEof();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'Host: h\nX-A : b\n\n', 400",
        "'Host: h\nX-A: b\nContent-Length: 11\n\n', 413",
        "'Host: h\nTransfer-Encoding: gzip, chunked\n\n0\n\n', 501",
        "'Host: a b\n\n', 400",
        "'Host: ha', 408",
    })
    void theRefusalOfHeadHasNoBody(String headers, int status) {
        var options = local().maxRequestBodyBytes(10);
        if (status == 408) options.handshakeTimeout(Duration.ofSeconds(2));
        try (HttpServer server = server(options.build());
                RawClient client = connect(server)) {
            client.sendText("HEAD / HTTP/1.1\r\n" + headers.replace("\n", "\r\n"));

            RawResponse refused = client.readHttpHead();
            assertThat(refused.status()).isEqualTo(status);
            assertThat(refused.header("Content-Length"))
                    .hasValueSatisfying(length -> assertThat(length).isNotEqualTo("0"));
            client.expectEof();
        }
    }

    @Test
    void theRefusalOfLongHeadersOfHeadHasNoBody() {
        try (HttpServer server = server(local().maxRequestHeadBytes(1024).build());
                RawClient client = connect(server)) {
            client.sendText("HEAD / HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(2000) + "\r\n\r\n");

            assertThat(client.readHttpHead().status()).isEqualTo(431);
            client.expectEof();
        }
    }

    @Test
    void theRefusalOfGarbageBehindHeadHasABody() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n");
            client.readHttpHead();

            assertThat(client.readHttpResponse().text()).isEqualTo("this is not a well-formed HTTP/1.1 request\n");
        }
    }

    /** What a browser sends beyond RFC 3986 is let through. */
    @ParameterizedTest
    @CsvSource({"0x01, 400", "0x1F, 400", "0x7F, 400", "0x80, 400", "0xFF, 400", "0x7C, 200", "0x5E, 200", "0x7E, 200"})
    void aTargetIsMadeOfVisibleAscii(int character, int status) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.send(("GET /a?b=" + (char) character + " HTTP/1.1\r\nHost: h\r\n\r\n").getBytes(ISO_8859_1));

            assertThat(client.readHttpResponse().status()).isEqualTo(status);
        }
    }

    @ParameterizedTest
    @CsvSource({"keep, upgrade", "close, 'close,upgrade'"})
    void aResponseThatNamesAProtocolToUpgradeToSaysSoInConnection(String want, String expected) {
        RequestHandler handler = (request, response) ->
                response.status(426).header("Upgrade", "TLS/1.2").end("speak TLS");
        try (HttpServer server = started(new HttpServer(local().build()).on(HttpServer.REQUEST, handler));
                RawClient client = connect(server)) {
            client.sendText("GET / HTTP/1.1\r\nHost: h\r\nConnection: " + want + "\r\n\r\n");

            RawResponse response = client.readHttpResponse();
            assertThat(response.headers().get("connection")).containsExactlyInAnyOrder(expected.split(","));
            assertThat(response.header("Upgrade")).contains("TLS/1.2");
        }
    }

    @Test
    void aWebSocketServerThatRequiresAnUpgradeNamesIt() {
        WebSocketServer both = echo(local().build())
                .on(
                        HttpServer.REQUEST,
                        (request, response) -> response.status(426).end("speak WebSocket"));
        try (WebSocketServer server = started(both);
                RawClient client = connect(server)) {
            RawResponse response = get(client, "/");

            assertThat(response.header("Upgrade")).contains("websocket");
            assertThat(response.header("Connection")).hasValue("upgrade");
            client.upgrade();
        }
    }

    @Test
    void aWebSocketServerWithoutRequestHandlerRefusesPlainRequests() {
        try (WebSocketServer server = started(echo(local().build()));
                RawClient client = connect(server)) {
            RawResponse response = get(client, "/");

            assertThat(response.status()).isEqualTo(400);
            assertThat(response.text()).isEqualTo("this port speaks WebSocket only\n");
        }
    }

    @Test
    void aWebSocketServerWithRequestHandlerAnswersPlainRequests() {
        try (WebSocketServer server = started(echo(local().build()).on(HttpServer.REQUEST, this::handle));
                RawClient page = connect(server);
                RawClient client = Fixture.open(server)) {
            assertThat(get(page, "/page").text()).isEqualTo("GET /page");
            client.sendMessage("hi").expectText("hi");
        }
    }

    @Test
    void anHttpServerDoesNotUpgrade() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText(RawClient.upgradeRequest("/chat"));

            assertThat(client.readHttpResponse().text()).isEqualTo("GET /chat");
        }
    }

    @Test
    void bytesOfHttpAreNotTheApplications() {
        CountDownLatch connected = new CountDownLatch(1);
        HttpServer http = new HttpServer(local().build())
                .on(HttpServer.REQUEST, this::handle)
                .on(HttpServer.CONNECT, (server, fd) -> connected.countDown());
        try (HttpServer server = started(http);
                RawClient client = connect(server)) {
            await(connected);

            assertThatThrownBy(() -> server.send(1, new byte[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("fd 1 is not a plain TCP connection: use push or the response");
            assertThat(get(client, "/").status()).isEqualTo(200);
        }
    }

    @OnEveryTransport
    void everyTransportCarriesALargeBody(Transport transport) {
        byte[] body = "0123456789".repeat(200_000).getBytes(UTF_8);
        RequestHandler handler = (request, response) -> response.end(body);
        try (HttpServer server =
                        started(new HttpServer(local().transport(transport).build()).on(HttpServer.REQUEST, handler));
                RawClient client = connect(server)) {
            assertThat(get(client, "/").body()).isEqualTo(body);
        }
    }

    private static RawResponse get(RawClient client, String target) {
        return client.sendText("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n").readHttpResponse();
    }
}
