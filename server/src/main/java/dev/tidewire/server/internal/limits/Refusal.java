package dev.tidewire.server.internal.limits;

import java.nio.charset.StandardCharsets;

/** Why a new connection is not served. */
public enum Refusal {
    /** The server has as many as it may. */
    TOTAL("maxConnections", "503 Service Unavailable", 10, "this server has as many connections as it may\n"),
    /** The peer's address has as many as it may. */
    ADDRESS("maxConnectionsPerAddress", "429 Too Many Requests", 10, "too many connections from this address\n"),
    /** More came in the last second than may. */
    RATE("maxConnectionsPerSecond", "503 Service Unavailable", 1, "too many new connections at once\n");

    private final String option;
    private final String httpResponse;

    Refusal(String option, String status, int retryAfterSeconds, String body) {
        this.option = option;
        httpResponse = """
                HTTP/1.1 %s\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Length: %d\r
                Retry-After: %d\r
                Connection: close\r
                \r
                %s\
                """.formatted(status, body.length(), retryAfterSeconds, body);
    }

    /** The name it is counted by. */
    public String counter() {
        return "limit." + option;
    }

    /** What it says in HTTP. */
    public byte[] httpResponse() {
        return httpResponse.getBytes(StandardCharsets.US_ASCII);
    }
}
