package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidewire.protocol.Handshake.Accepted;
import dev.tidewire.protocol.Handshake.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
    /** RFC 6455 §1.3. */
    private static final String REQUEST = """
            GET /chat HTTP/1.1
            Host: server.example.com
            Upgrade: websocket
            Connection: Upgrade
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
            Sec-WebSocket-Version: 13
            """;

    private static final String ACCEPT_KEY = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    @Test
    void isAcceptedWithTheKeyOfTheRfc() {
        assertThat(check(REQUEST)).isEqualTo(new Accepted(ACCEPT_KEY, Optional.empty(), List.of()));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource(
            delimiter = '>',
            value = {
                "HTTP/1.1                    > HTTP/1.2",
                "HTTP/1.1                    > HTTP/2",
                "Host: server.example.com    > hOST: [::1]:9502",
                "Host: server.example.com    > Host: my_host:80",
                "Host: server.example.com    > Host: 127.0.0.1:",
                "Host: server.example.com    > Host: a;Origin: http://b",
                "Upgrade: websocket          > Upgrade: WebSocket",
                "Upgrade: websocket          > upgrade: h2c, websocket",
                "Upgrade: websocket          > Upgrade: h2c;Upgrade: websocket",
                "Connection: Upgrade         > Connection: keep-alive, Upgrade",
                "Connection: Upgrade         > connection: keep-alive;Connection:  ,uPGRADE ,",
                "Sec-WebSocket-Version: 13   > SEC-WEBSOCKET-VERSION:    13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== > sec-websocket-key:   dGhlIHNhbXBsZSBub25jZQ==   ",
            })
    void isAcceptedWithLinesAsOtherClientsWriteThem(String line, String instead) {
        assertThat(check(replace(line, instead))).isEqualTo(new Accepted(ACCEPT_KEY, Optional.empty(), List.of()));
    }

    @ParameterizedTest(name = "{0} -> {1}: {2}")
    @CsvSource(
            delimiter = '>',
            value = {
                "GET                         > POST               > The method must be GET (RFC 6455 §4.2.1).",
                "GET                         > get                > The method must be GET (RFC 6455 §4.2.1).",
                "HTTP/1.1                    > HTTP/1.0           > The version must be HTTP/1.1 or later (RFC 6455 §4.2.1).",
                "HTTP/1.1                    > HTTP/0.9           > The version must be HTTP/1.1 or later (RFC 6455 §4.2.1).",
                "HTTP/1.1                    > ICY/1.1            > The version must be HTTP/1.1 or later (RFC 6455 §4.2.1).",
                "Host: server.example.com    > ''                 > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > 'Host: '           > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: a;Host: a    > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: a b          > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: a/b          > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: user@a       > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: a:port       > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: []           > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: [::1         > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: [::1]a       > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: [::1]:8a     > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: [a b]:80     > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: :80          > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: ::1          > There must be exactly one Host header, with a host in it"
                        + " (RFC 6455 §4.2.1, RFC 9112 §3.2).",
                "Host: server.example.com    > Host: a;Origin: http://a;Origin: http://b "
                        + "> There must be at most one Origin header (RFC 6455 §4.2.1, RFC 6454 §7.3).",
                "Upgrade: websocket          > ''                 > The Upgrade header must list websocket (RFC 6455 §4.2.1).",
                "Upgrade: websocket          > Upgrade: h2c       > The Upgrade header must list websocket (RFC 6455 §4.2.1).",
                "Upgrade: websocket          > Upgrade: websockets > The Upgrade header must list websocket (RFC 6455 §4.2.1).",
                "Connection: Upgrade         > ''                 > The Connection header must list Upgrade (RFC 6455 §4.2.1).",
                "Connection: Upgrade         > Connection: close  > The Connection header must list Upgrade (RFC 6455 §4.2.1).",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== > '' "
                        + "> There must be exactly one Sec-WebSocket-Key header (RFC 6455 §4.2.1).",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== "
                        + "> Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==;Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ== "
                        + "> There must be exactly one Sec-WebSocket-Key header (RFC 6455 §4.2.1).",
            })
    void isRefusedWithTheSectionThatItBreaks(String line, String instead, String because) {
        assertThat(check(replace(line, instead))).isEqualTo(new Refused(400, because, Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // empty
                "dGhlIHNhbXBsZSBub25j", // 15 bytes
                "dGhlIHNhbXBsZSBub25jZXM=", // 17 bytes
                "dGhlIHNhbXBsZSBub25jZQ", // no padding
                "dGhlIHNhbXBsZSBub25jZQ=", // half the padding
                "dGhlIHNhbXBsZSBub25j-_==", // another alphabet
                "dGhlIHNh bXBsZSBub25jZQ==", // white space
                "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==", // a list
            })
    void isRefusedWithoutAKeyOf16Bytes(String key) {
        assertThat(check(replace("dGhlIHNhbXBsZSBub25jZQ==", key)))
                .isEqualTo(new Refused(
                        400, "The Sec-WebSocket-Key must be 16 bytes in base64 (RFC 6455 §4.2.1).", Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Sec-WebSocket-Version: 13;Sec-WebSocket-Version: 13"})
    void isRefusedWithoutExactlyOneVersion(String lines) {
        assertThat(check(replace("Sec-WebSocket-Version: 13", lines)))
                .isEqualTo(new Refused(
                        400,
                        "There must be exactly one Sec-WebSocket-Version header (RFC 6455 §4.2.1).",
                        Map.of("Sec-WebSocket-Version", "13")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "8", "12", "14", "013", "13, 8", "thirteen", ""})
    void isSentToTheRightVersionWhenItSpeaksAnother(String version) {
        assertThat(check(replace("Version: 13", "Version: " + version)))
                .isEqualTo(new Refused(
                        426,
                        "The Sec-WebSocket-Version must be 13 (RFC 6455 §4.2.2, §4.4).",
                        Map.of("Sec-WebSocket-Version", "13", "Upgrade", "websocket", "Connection", "Upgrade")));
    }

    @ParameterizedTest(name = "{0} against {1}: {2}")
    @CsvSource(
            delimiter = '>',
            value = {
                "Sec-WebSocket-Protocol: chat              > chat            > chat",
                "Sec-WebSocket-Protocol: a, b, c           > c,b             > c",
                "Sec-WebSocket-Protocol: a;Sec-WebSocket-Protocol: b > b,a   > b",
                "sec-websocket-protocol:  ,a ,, b          > x,b             > b",
                "Sec-WebSocket-Protocol: a                 > b               > ''",
                "Sec-WebSocket-Protocol: Chat              > chat            > ''",
                "Sec-WebSocket-Protocol: a                 > ''              > ''",
                "X: y                                      > a               > ''",
            })
    void choosesTheServersFavouriteAmongTheSubprotocolsOffered(String lines, String supported, String chosen) {
        List<String> preference = supported.isEmpty() ? List.of() : List.of(supported.split(",", -1));

        assertThat(Handshake.check(request(REQUEST + lines.replace(';', '\n')), preference))
                .isEqualTo(new Accepted(ACCEPT_KEY, Optional.of(chosen).filter(name -> !name.isEmpty()), List.of()));
    }

    @Test
    void takesDifferentTokensForTheServersSubprotocols() {
        assertThatCode(() -> Handshake.requireSubprotocols(List.of("chat", "Chat", "v2.chat")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '>',
            value = {"chat;chat > chat", "a;chat;b;chat > chat", "chat;a b > a b", "a,b > a,b", "chat;'' > ''"})
    void refusesOtherNamesForTheServersSubprotocols(String names, String wrong) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Handshake.requireSubprotocols(
                        List.of(names.replace("'", "").split(";", -1))))
                .withMessage("subprotocols must be different tokens (RFC 6455 §4.1), one was \"" + wrong + '"');
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "a b", "a/b", "a, \"b\"", "caf\u00e9", "a;q=1", "a, b=c"})
    void isRefusedWhenASubprotocolIsNotAToken(String subprotocols) {
        HandshakeRequest request = request(REQUEST + "Sec-WebSocket-Protocol: " + subprotocols);

        assertThat(Handshake.check(request, List.of("a")))
                .isEqualTo(new Refused(
                        400,
                        "The Sec-WebSocket-Protocol header must be a list of tokens (RFC 6455 §4.2.1, §11.3.4).",
                        Map.of()));
    }

    @Test
    void passesOnWhatExtensionsAClientOffers() {
        HandshakeRequest request = request(REQUEST + "Sec-WebSocket-Extensions: a; b=c\nSec-WebSocket-Extensions: d");

        var b = new ExtensionOffer.Parameter("b", Optional.of("c"));
        assertThat(Handshake.check(request, List.of()))
                .isEqualTo(new Accepted(
                        ACCEPT_KEY,
                        Optional.empty(),
                        List.of(new ExtensionOffer("a", List.of(b)), new ExtensionOffer("d", List.of()))));
    }

    @Test
    void isRefusedWhenTheExtensionsAreNotAList() {
        HandshakeRequest request = request(REQUEST + "Sec-WebSocket-Extensions: permessage-deflate; =15");

        assertThat(Handshake.check(request, List.of()))
                .isEqualTo(new Refused(
                        400,
                        "The Sec-WebSocket-Extensions header must be a list of extensions (RFC 6455 §9.1, §11.3.2).",
                        Map.of()));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '>',
            value = {
                "Upgrade: websocket            > true",
                "Upgrade: h2c, WebSocket       > true",
                "Sec-WebSocket-Key: x          > true",
                "Sec-WebSocket-Version: 13     > true",
                "Upgrade: h2c                  > false",
                "Upgrade: TLS/1.0              > false",
                "Connection: Upgrade           > false",
                "Sec-WebSocket-Protocol: chat  > false",
                "Accept: */*                   > false",
            })
    void isToldFromPlainHttp(String header, boolean upgrade) {
        assertThat(Handshake.isUpgrade(request("GET / HTTP/1.1\n" + header))).isEqualTo(upgrade);
    }

    private static Handshake check(String request) {
        return Handshake.check(request(request), List.of());
    }

    /** {@link #REQUEST} with a part replaced; a semicolon stands for a line break. */
    private static String replace(String part, String instead) {
        assertThat(REQUEST).contains(part);
        return REQUEST.replace(part, instead.replace(';', '\n'));
    }

    private static HandshakeRequest request(String text) {
        List<String> lines = text.lines().toList();
        String[] requestLine = lines.getFirst().split(" ", 3);
        return new WrittenRequest(requestLine[0], requestLine[1], requestLine[2], lines.subList(1, lines.size()));
    }

    /** A request as a person would write it. */
    private record WrittenRequest(String method, String target, String version, List<String> lines)
            implements HandshakeRequest {
        @Override
        public List<String> headers(String name) {
            List<String> values = new ArrayList<>();
            for (String line : lines) {
                int colon = line.indexOf(':');
                if (colon > 0 && line.substring(0, colon).equalsIgnoreCase(name)) {
                    values.add(line.substring(colon + 1));
                }
            }
            return values;
        }
    }
}
