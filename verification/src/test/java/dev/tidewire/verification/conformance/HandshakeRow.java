package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.tidewire.testkit.RawClient;
import dev.tidewire.testkit.RawResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A handshake request and what a server answers (RFC 6455 §4.2).
 *
 * @param id       the same for all rows of one {@code each}; documents refer to it
 * @param sentence sections of the RFC, then what is so
 * @param request  as the client sends it
 * @param status   of the response
 * @param present  header lines that the response has
 * @param absent   names of headers that it has not
 */
record HandshakeRow(String id, String sentence, String request, int status, List<String> present, List<String> absent)
        implements Scene {
    private static final List<String> SOUND = List.of(
            "Host: localhost",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13");

    /** The rows of the table of handshakes. */
    static List<HandshakeRow> all() {
        List<HandshakeRow> rows = new ArrayList<>();
        for (List<String> block : Table.blocks("handshake.txt")) {
            for (Map<String, String> variables : Table.combinations(block)) {
                Reading reading = new Reading();
                block.subList(1, block.size()).forEach(line -> reading.take(Table.substitute(line, variables)));
                rows.add(reading.row(Table.title(block.getFirst()), variables));
            }
        }
        return List.copyOf(rows);
    }

    @Override
    public Map<String, Integer> limits() {
        return Map.of();
    }

    @Override
    public List<Cut> cuts() {
        List<Cut> cuts = new ArrayList<>(SMALL_PIECES);
        cuts.add(new Cut.Whole());
        cuts.add(new Cut.Anywhere());
        return cuts;
    }

    @Override
    public boolean isLarge() {
        return false;
    }

    @Override
    public void play(Target target, Cut cut) {
        try (Wire wire = new Wire(target, cut, (this + cut.toString()).hashCode())) {
            wire.send(request.getBytes(US_ASCII));
            RawClient client = wire.client();
            check(client.readHttpResponse());
            if (status == 101) {
                client.sendMessage("hello");
                client.expectText("hello");
                client.sendClose(1000);
                client.expectClose(1000);
            }
            client.expectEof();
        }
    }

    private void check(RawResponse response) {
        boolean fits = response.status() == status
                && present.stream().allMatch(line -> has(response, line))
                && absent.stream().allMatch(name -> response.header(name).isEmpty());
        if (!fits) {
            throw new AssertionError(
                    "expected " + status + " with " + present + " without " + absent + ", was " + response);
        }
    }

    @Override
    public String toString() {
        return id + ": " + sentence;
    }

    private static boolean has(RawResponse response, String line) {
        int colon = line.indexOf(": ");
        List<String> values =
                response.headers().getOrDefault(line.substring(0, colon).toLowerCase(Locale.ROOT), List.of());
        return values.equals(List.of(line.substring(colon + 2)));
    }

    /** One row while its lines are read. */
    private static final class Reading {
        private static final Pattern LINE = Pattern.compile(" *(\\S+) (.*)");

        private String requestLine = "GET / HTTP/1.1";
        private final List<String> headers = new ArrayList<>(SOUND);
        private final List<String> present = new ArrayList<>();
        private final List<String> absent = new ArrayList<>();
        private int status;

        void take(String line) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) throw new IllegalArgumentException("not a line of a handshake: " + line);
            String rest = matcher.group(2);
            switch (matcher.group(1)) {
                case "each" -> {}
                case "line" -> requestLine = rest;
                case "drop" -> drop(rest);
                case "add" -> headers.add(rest);
                case "set" -> {
                    drop(rest.substring(0, rest.indexOf(':')));
                    headers.add(rest);
                }
                case "status" -> status = Integer.parseInt(rest);
                case "header" -> present.add(rest);
                case "without" -> absent.add(rest);
                default -> throw new IllegalArgumentException("not a line of a handshake: " + line);
            }
        }

        HandshakeRow row(Table.Title title, Map<String, String> variables) {
            String request = requestLine + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
            return new HandshakeRow(
                    title.id(), title.sentence(variables), request, status, List.copyOf(present), List.copyOf(absent));
        }

        private void drop(String name) {
            headers.removeIf(header -> header.startsWith(name + ":"));
        }
    }
}
