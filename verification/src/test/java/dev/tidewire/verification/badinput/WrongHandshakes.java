package dev.tidewire.verification.badinput;

import static dev.tidewire.verification.badinput.Answer.status;

import java.util.List;

/** Requests for a WebSocket that are not as RFC 6455 §4.2.1 wants them. */
final class WrongHandshakes {
    private static final String SOUND = """
            GET /chat HTTP/1.1\r
            Host: localhost\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Sec-WebSocket-Version: 13\r
            \r
            """;
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";
    private static final String HOST = "Host: localhost\r\n";
    private static final String UPGRADE = "Upgrade: websocket\r\n";
    private static final String CONNECTION = "Connection: Upgrade\r\n";
    private static final String KEY_LINE = "Sec-WebSocket-Key: " + KEY + "\r\n";
    private static final String VERSION = "Sec-WebSocket-Version: 13\r\n";
    private static final String VERSION_ANSWER = "Sec-WebSocket-Version: 13";

    private WrongHandshakes() {}

    static List<Row> rows() {
        return List.of(
                row("`POST`", "GET", "POST"),
                row("`HTTP/1.0`", "HTTP/1.1", "HTTP/1.0"),
                row("`HTTP/2.0` in the request line", "HTTP/1.1", "HTTP/2.0", status(505), "event=request_refused"),
                row("a page of another origin", HOST, HOST + "Origin: https://evil.example\r\n", status(403)),
                row("no `Host`", HOST, ""),
                row("two `Host`", HOST, HOST + "Host: example.org\r\n"),
                row("an empty `Host`", HOST, "Host: \r\n"),
                row("a `Host` that is none", HOST, "Host: a/b\r\n"),
                row("two `Origin`", HOST, HOST + "Origin: http://localhost\r\nOrigin: https://evil.example\r\n"),
                row("no `Upgrade`", UPGRADE, ""),
                row("`Upgrade` to another protocol only", UPGRADE, "Upgrade: h2c\r\n"),
                row("no `Connection`", CONNECTION, ""),
                row("`Connection` without `Upgrade` in its list", CONNECTION, "Connection: keep-alive\r\n"),
                row("no `Sec-WebSocket-Key`", KEY_LINE, ""),
                row("two `Sec-WebSocket-Key`", KEY_LINE, KEY_LINE + KEY_LINE),
                row("an empty key", KEY, ""),
                row("a key of 15 bytes", KEY, "AAAAAAAAAAAAAAAAAAAA"),
                row("a key of 17 bytes", KEY, "AAAAAAAAAAAAAAAAAAAAAAA="),
                row("a key that is not base64", KEY, "dGhlIHNhbXBsZSBub25jZ!=="),
                row("a subprotocol that is not a token", VERSION, VERSION + "Sec-WebSocket-Protocol: a b\r\n"),
                row("no `Sec-WebSocket-Version`", VERSION, "", status(400, VERSION_ANSWER)),
                row("two `Sec-WebSocket-Version`", VERSION, VERSION + VERSION, status(400, VERSION_ANSWER)),
                version("8"),
                version("12"),
                version("14"),
                version("0"),
                version("thirteen"));
    }

    private static Row version(String version) {
        Answer upgradeRequired = status(426, VERSION_ANSWER, "Upgrade: websocket");
        return row("version `" + version + "`", "Version: 13", "Version: " + version, upgradeRequired);
    }

    private static Row row(String input, String sound, String wrong) {
        return row(input, sound, wrong, status(400));
    }

    private static Row row(String input, String sound, String wrong, Answer answer) {
        return row(input, sound, wrong, answer, "event=handshake_refused");
    }

    private static Row row(String input, String sound, String wrong, Answer answer, String logged) {
        String request = SOUND.replace(sound, wrong);
        return new Row(input, client -> client.sendText(request), answer, logged);
    }
}
