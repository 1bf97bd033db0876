package dev.tidewire.server;

import static dev.tidewire.server.Fixture.connect;
import static dev.tidewire.server.Fixture.local;
import static dev.tidewire.server.Fixture.started;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where a request ends must be beyond doubt, or a proxy before the server takes for a body what is a request here (RFC 9112 §11.2). */
@ExtendWith(NoLeaks.class)
class RequestFramingTest {
    private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    private HttpServer server() {
        return started(new HttpServer(local().build()).on(HttpServer.REQUEST, (request, response) -> {
            heard.add(request.path() + " " + request.text());
            response.end("done");
        }));
    }

    /** The headers are parted by a semicolon. */
    @ParameterizedTest(name = "HTTP/{0} {1}")
    @CsvSource({
        "1.0, 'Content-Length: 0;Content-Length: 35',          400",
        "1.0, 'content-length: 35;CONTENT-LENGTH: 0',          400",
        "1.0, 'Content-Length: 0;X-A: b;Content-length: 0',    400",
        "1.0, 'Content-Length: 0, 35',                         400",
        "1.0, 'Content-Length: 35, 35',                        400",
        "1.1, 'Content-Length: 0;Content-Length: 35',          400",
        "1.1, 'Content-Length: 35;Content-Length: 35',         400",
        "1.1, 'Content-Length: 0, 35',                         400",
        "1.0, 'Transfer-Encoding: chunked',                    400",
        "1.0, 'Transfer-Encoding: chunked;Content-Length: 35', 400",
        "1.1, 'Transfer-Encoding: chunked;Content-Length: 35', 400",
        "1.1, 'Transfer-Encoding: chunked, chunked',           400",
        "1.1, 'Transfer-Encoding: chunked;Transfer-Encoding: chunked', 400",
        "1.1, 'Transfer-Encoding: chunked, gzip',              400",
        "1.1, 'Transfer-Encoding: chunked;Transfer-Encoding: gzip', 400",
        "1.1, 'Transfer-Encoding: xchunked',                   400",
        "1.1, 'Transfer-Encoding: gzip, chunked',              501",
        "1.1, 'Transfer-Encoding: gzip;Transfer-Encoding: chunked', 501",
        "1.1, 'Transfer-Encoding: identity, Chunked',          501",
    })
    void aRequestWhoseEndIsInDoubtIsRefused(String version, String headers, int status) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("POST / HTTP/" + version + "\r\nHost: h\r\nConnection: keep-alive\r\n"
                    + headers.replace(";", "\r\n") + "\r\n\r\n0\r\n\r\n" + SMUGGLED);

            assertThat(client.readHttpResponse().status()).isEqualTo(status);
            client.expectEof();
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void eachRequestHasALengthOfItsOwn() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            String head = "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: ";
            client.sendText(head + "2\r\n\r\nhi" + head + "5\r\n\r\nthere");

            client.readHttpResponse();
            client.readHttpResponse();
            assertThat(heard).containsExactly("/ hi", "/ there");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'Expect: x;Expect: 100-continue'",
        "'Expect: 100-continue;Expect: x'",
        "'Expect: 100-continue, x'",
        "'Expect: 100-CONTINUE'",
    })
    void theBodyOfAClientThatAsksFirstIsABodyWhateverElseItExpects(String headers) {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("POST / HTTP/1.1\r\nHost: h\r\n" + headers.replace(";", "\r\n") + "\r\nContent-Length: "
                    + SMUGGLED.length() + "\r\n\r\n");
            assertThat(client.readHttpResponse().status()).isEqualTo(100);
            client.sendText(SMUGGLED);

            assertThat(client.readHttpResponse().status()).isEqualTo(200);
            assertThat(heard).containsExactly("/ " + SMUGGLED);
        }
    }

    @Test
    void anExpectationThatIsNotKnownIsIgnored() {
        try (HttpServer server = server();
                RawClient client = connect(server)) {
            client.sendText("POST / HTTP/1.1\r\nHost: h\r\nExpect: x\r\nContent-Length: 2\r\n\r\nhi");

            assertThat(client.readHttpResponse().status()).isEqualTo(200);
        }
    }
}
