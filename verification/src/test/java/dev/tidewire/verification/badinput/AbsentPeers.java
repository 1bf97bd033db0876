package dev.tidewire.verification.badinput;

import static dev.tidewire.verification.badinput.Answer.status;

import dev.tidewire.testkit.RawClient;
import java.util.List;
import java.util.function.Consumer;

/** Peers that vanish in the middle of something, and peers that never get to it. */
final class AbsentPeers {
    private static final String HALF_HANDSHAKE = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: webso";
    private static final String HALF_BODY = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello";
    private static final String HALF_FRAME = "82 8a 00000000 68656c6c6f";
    private static final List<String> NOTHING = List.of();
    private static final List<String> LOST = List.of("open", "close 1006");

    private AbsentPeers() {}

    /** Those that leave. */
    static List<Row> gone() {
        return List.of(
                ends("a connection that ends at once", client -> {}, NOTHING),
                new Row(
                        "half a handshake, then the end",
                        client -> client.sendText(HALF_HANDSHAKE).halfClose(),
                        status(400),
                        "event=request_refused"),
                ends("half a body, then the end", client -> client.sendText(HALF_BODY), NOTHING),
                ends("an open WebSocket that ends without a close frame", RawClient::upgrade, LOST),
                ends("half a frame header, then the end", frames("82"), LOST),
                ends("half a frame, then the end", frames(HALF_FRAME), LOST),
                ends("half a message, then the end", frames("02 81 00000000 61"), LOST),
                vanishes("a connection that is reset at once", client -> {}, NOTHING),
                vanishes("half a handshake, then a reset", client -> client.sendText(HALF_HANDSHAKE), NOTHING),
                vanishes("half a body, then a reset", client -> client.sendText(HALF_BODY), NOTHING),
                vanishes("an open WebSocket that is reset", RawClient::upgrade, LOST),
                vanishes("half a frame, then a reset", frames(HALF_FRAME), LOST),
                vanishes("a peer that sends, never reads, and is reset", AbsentPeers::sendAndNeverRead, LOST));
    }

    /** Those that stay and are silent, here with a {@code handshakeTimeout} that is short. */
    static List<Row> silent() {
        return List.of(
                silent("nothing at all", ""),
                silent("empty lines only", "\r\n\r\n"),
                silent("half a request line", "GET / HT"),
                silent("half a handshake", HALF_HANDSHAKE),
                silent("half a body", HALF_BODY),
                silent("a word without the end of a line, such as Java RMI's", "JRMI"));
    }

    private static Row silent(String input, String ascii) {
        return new Row(input, client -> client.sendText(ascii), status(408), "event=request_refused");
    }

    private static Row ends(String input, Consumer<RawClient> before, List<String> heard) {
        return new Row(input, before.andThen(RawClient::halfClose), new Answer.End(heard), "");
    }

    private static Row vanishes(String input, Consumer<RawClient> before, List<String> heard) {
        return new Row(input, before.andThen(RawClient::reset), new Answer.Nobody(heard), "");
    }

    private static Consumer<RawClient> frames(String hex) {
        return client -> {
            client.upgrade();
            client.sendHex(hex);
        };
    }

    /** Replies that are more than the sockets hold and fewer than would fill the queue, for which the server would close it. */
    private static void sendAndNeverRead(RawClient client) {
        client.upgrade();
        byte[] message = client.frame(2, true, new byte[64 * 1024]);
        for (int i = 0; i < 15; i++) {
            client.send(message);
        }
    }
}
