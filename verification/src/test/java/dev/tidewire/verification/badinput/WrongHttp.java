package dev.tidewire.verification.badinput;

import static dev.tidewire.verification.badinput.Answer.status;

import java.util.List;

/** HTTP requests that are malformed, ambiguous or too long. */
final class WrongHttp {
    private static final String GET = "GET / HTTP/1.1\r\nHost: localhost\r\n";
    private static final String POST = "POST / HTTP/1.1\r\nHost: localhost\r\n";

    private WrongHttp() {}

    static List<Row> rows() {
        return List.of(
                row("no `Host` (RFC 9112 §3.2)", "GET / HTTP/1.1\r\n\r\n", 400),
                row("two `Host`", GET + "Host: example.org\r\n\r\n", 400),
                row("a `Host` that is none", "GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400),
                row("a request line of one word", "GET\r\n\r\n", 400),
                row("a request line of four words", "GET / / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a version that is none", "GET / HTTP/one\r\nHost: localhost\r\n\r\n", 400),
                row("HTTP/3.0 in the request line", "GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", 505),
                row("a target that is no path", "GET index.html HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("`*` for what is not `OPTIONS`", "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a target with a fragment", "GET /#top HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a target with a control character", "GET /\7 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a URI of another scheme", "GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row(
                        "a URI with a user before its host (RFC 9110 §4.2.4)",
                        "GET http://me@localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        400),
                row("`CONNECT`, as to a proxy", "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n", 400),
                row("a path with `%zz`", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a path with half an escape", "GET /a%2 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a query with `%zz`", "GET /?a=%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
                row("a header without a colon", GET + "nonsense\r\n\r\n", 400),
                row("a blank before the colon (RFC 9112 §5.1)", GET + "X-A : b\r\n\r\n", 400),
                row("a header without a name", GET + ": b\r\n\r\n", 400),
                row("a header name with a NUL", GET + "X\0A: b\r\n\r\n", 400),
                row("a header value with a NUL", GET + "X-A: a\0b\r\n\r\n", 400),
                row("`Content-Length: -1`", POST + "Content-Length: -1\r\n\r\n", 400),
                row("`Content-Length: five`", POST + "Content-Length: five\r\n\r\n", 400),
                row("`Content-Length: +5`", POST + "Content-Length: +5\r\n\r\nhello", 400),
                row("`Content-Length: 5, 6`", POST + "Content-Length: 5, 6\r\n\r\nhello", 400),
                row("two lengths that differ", POST + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
                row(
                        "the same in HTTP/1.0",
                        "POST / HTTP/1.0\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                        400),
                row("a length over 64 bits", POST + "Content-Length: 99999999999999999999\r\n\r\n", 400),
                row(
                        "both a length and chunks (RFC 9112 §6.1)",
                        POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400),
                row("a transfer coding other than chunks", POST + "Transfer-Encoding: gzip\r\n\r\n", 400),
                row("a transfer coding before chunks", POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
                row("chunks that are not the last coding", POST + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
                row("a chunk size that is no number", POST + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
                row("a chunk size below zero", POST + "Transfer-Encoding: chunked\r\n\r\n-5\r\n", 400),
                row("a length over `maxRequestBodyBytes`", POST + "Content-Length: 1048577\r\n\r\n", 413),
                row("the same, asking first", POST + "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\n", 413),
                row(
                        "the same, and not waiting for the answer",
                        POST
                                + "Content-Length: 1048577\r\nExpect: 100-continue\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n",
                        413),
                row(
                        "chunks over it",
                        POST + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + "x".repeat(0x100001),
                        413),
                row("a request line of 100 KB", "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\n\r\n", 414),
                row("100 KB without the end of a line", "x".repeat(100_000), 414),
                row("a header of 100 KB", GET + "X-A: " + "x".repeat(100_000) + "\r\n\r\n", 431),
                row("100 KB of small headers", GET + "X-A: b\r\n".repeat(12_500) + "\r\n", 431),
                row("headers that never end", GET + "X-A: b\r\n".repeat(3_000), 431));
    }

    private static Row row(String input, String request, int status) {
        return new Row(input, client -> client.sendText(request), status(status), "event=request_refused");
    }
}
