package dev.tidewire.verification.badinput;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.util.List;

/** What a server answers to bad input, and what its application hears of it. */
sealed interface Answer {
    /** An HTTP response without the application's doing, then the end of the connection. */
    record Status(int status, List<String> headers) implements Answer {
        @Override
        public String text() {
            return headers.isEmpty() ? "" + status : status + " with `" + String.join("`, `", headers) + "`";
        }

        @Override
        public List<String> heard() {
            return List.of();
        }

        @Override
        public void expect(RawClient client) {
            RawResponse response = client.readHttpResponse();
            assertThat(response.status()).as(response.text()).isEqualTo(status);
            assertThat(response.headers().get("connection")).contains("close");
            for (String header : headers) {
                String[] parts = header.split(": ", 2);
                assertThat(response.header(parts[0])).hasValue(parts[1]);
            }
            client.expectEof();
        }
    }

    /** A close frame, then the end of the connection. */
    record Close(int code) implements Answer {
        @Override
        public String text() {
            return "close " + code;
        }

        @Override
        public List<String> heard() {
            return List.of("open", "close " + code);
        }

        @Override
        public void expect(RawClient client) {
            client.expectClose(code);
            client.expectEof();
        }
    }

    /** No word, just the end of the connection. */
    record End(List<String> heard) implements Answer {
        @Override
        public String text() {
            return "none";
        }

        @Override
        public void expect(RawClient client) {
            client.expectEnd();
        }
    }

    /** Nothing, for nobody is there to get it. */
    record Nobody(List<String> heard) implements Answer {
        @Override
        public String text() {
            return "none";
        }

        @Override
        public void expect(RawClient client) {}
    }

    /** As the document puts it. */
    String text();

    /** The events that the application gets for the connection. */
    List<String> heard();

    /** Reads it, all of it and nothing else. */
    void expect(RawClient client);

    static Answer status(int status, String... headers) {
        return new Status(status, List.of(headers));
    }

    static Answer close(int code) {
        return new Close(code);
    }
}
