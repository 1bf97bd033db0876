package dev.tidewire.verification.badinput;

import static dev.tidewire.verification.badinput.Answer.close;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.testkit.RawClient;
import java.util.List;
import java.util.function.Consumer;

/** What may not be sent on an open WebSocket. Frames in hex, the mask key being 0. */
final class WrongFrames {
    private WrongFrames() {}

    static List<Row> rows() {
        return List.of(
                row("a frame that is not masked (RFC 6455 §5.1)", "81 05 68656c6c6f", 1002),
                row("an empty one that is not masked", "81 00", 1002),
                row("RSV1 without an extension (§5.2)", "c1 80 00000000", 1002),
                row("RSV2", "a1 80 00000000", 1002),
                row("RSV3", "91 80 00000000", 1002),
                row("opcode 3, the first reserved one for data (§5.2)", "83 80 00000000", 1002),
                row("opcode 7, the last", "87 80 00000000", 1002),
                row("opcode 11, the first reserved one for control", "8b 80 00000000", 1002),
                row("opcode 15, the last", "8f 80 00000000", 1002),
                row("a ping of 126 bytes (§5.5)", "89 fe 007e 00000000", 1002),
                row("a ping in fragments", "09 80 00000000", 1002),
                row("a close in fragments", "08 80 00000000", 1002),
                row("a continuation of nothing (§5.4)", "80 80 00000000", 1002),
                row("a text inside an unfinished message", "01 81 00000000 61  81 81 00000000 62", 1002),
                row("a length of 125 in 16 bits (§5.2)", "82 fe 007d 00000000", 1002),
                row("a length of 65,535 in 64 bits", "82 ff 000000000000ffff 00000000", 1002),
                row("a length with the highest bit", "82 ff 8000000000000000 00000000", 1002),
                row("a frame over `maxFrameBytes`", "82 ff 0000000000100001 00000000", 1009),
                row("a frame of 2^63 - 1 bytes", "82 ff 7fffffffffffffff 00000000", 1009),
                new Row(
                        "fragments over `maxMessageBytes` in sum",
                        open(client ->
                                client.sendFrame(2, false, new byte[1 << 20]).sendHex("80 81 00000000 00")),
                        close(1009),
                        "event=protocol_violation"),
                row("more than `maxFragments`, here 100", "02 80 00000000" + "00 80 00000000".repeat(100), 1009),
                row("text that is not UTF-8 (§8.1)", "81 82 00000000 c328", 1007),
                row("an overlong character", "81 82 00000000 c0af", 1007),
                row("half a surrogate pair", "81 83 00000000 eda080", 1007),
                row("text that ends within a character", "81 81 00000000 c3", 1007),
                row("UTF-8 that breaks in a later fragment", "01 81 00000000 c3  80 81 00000000 28", 1007),
                row("UTF-8 that breaks in an unfinished frame", "81 e4 00000000 ff", 1007),
                row("a close payload of one byte (§5.5.1)", "88 81 00000000 03", 1002),
                row("close code 0 (§7.4)", "88 82 00000000 0000", 1002),
                row("close code 999", "88 82 00000000 03e7", 1002),
                row("close code 1005, which is never sent", "88 82 00000000 03ed", 1002),
                row("close code 1006, which is never sent", "88 82 00000000 03ee", 1002),
                row("close code 2999", "88 82 00000000 0bb7", 1002),
                row("close code 5000", "88 82 00000000 1388", 1002),
                row("a close reason that is not UTF-8", "88 84 00000000 03e8 c328", 1007),
                row("NUL bytes", "00000000 00000000", 1002),
                row("a TLS ClientHello", "16 0301 0060 01 00005c 0303", 1002),
                new Row(
                        "an HTTP request",
                        open(client -> client.sendText("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
                        close(1002),
                        "event=protocol_violation"),
                new Row(
                        "garbage in one packet with the handshake",
                        WrongFrames::garbageBehindHandshake,
                        close(1002),
                        "event=protocol_violation"),
                new Row(
                        "good messages, then a bad frame: all are answered first",
                        open(client -> {
                            byte[] both =
                                    concat(client.frame(1, true, "a".getBytes(US_ASCII)), new byte[] {(byte) 0x83, 0});
                            client.send(both).expectText("a");
                        }),
                        close(1002),
                        "event=protocol_violation"),
                new Row(
                        "data behind a close frame (§5.5.1): ignored",
                        open(client -> client.sendHex("88 82 00000000 03e8  81 81 00000000 61  ffffffff")),
                        close(1000),
                        ""));
    }

    private static Row row(String input, String hex, int code) {
        return new Row(input, open(client -> client.sendHex(hex)), close(code), "event=protocol_violation");
    }

    private static Consumer<RawClient> open(Consumer<RawClient> then) {
        return client -> {
            client.upgrade();
            then.accept(client);
        };
    }

    private static void garbageBehindHandshake(RawClient client) {
        client.send(concat(RawClient.upgradeRequest("/").getBytes(US_ASCII), "garbage".getBytes(US_ASCII)));
        client.expectUpgrade();
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = java.util.Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
