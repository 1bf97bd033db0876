package dev.tidewire.verification.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tidewire.protocol.ExtensionOffer;
import dev.tidewire.protocol.Handshake;
import dev.tidewire.protocol.HandshakeRequest;
import dev.tidewire.protocol.deflate.DeflateAgreement;
import dev.tidewire.protocol.deflate.DeflatePolicy;
import dev.tidewire.protocol.deflate.Zlib;
import dev.tidewire.verification.model.PlainHandshake;
import dev.tidewire.verification.model.PlainHandshake.Answer;
import dev.tidewire.verification.model.PlainHandshake.Extension;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whatever the head of a request says, it is answered as {@link PlainHandshake} would answer it. */
class HandshakeFuzzTest {
    private static final List<String> SUPPORTED = List.of("chat", "superchat", "x");

    /** A request as it is on the wire, but with any bytes in its lines. */
    private record Head(String method, String target, String version, List<String[]> fields)
            implements HandshakeRequest {
        static Head of(String text) {
            String[] lines = text.split("\n", -1);
            String[] first = (lines[0] + "  ").split(" ", 3);
            List<String[]> fields = new ArrayList<>();
            for (int i = 1; i < lines.length; i++) {
                String[] field = lines[i].split(":", 2);
                if (field.length == 2) fields.add(field);
            }
            return new Head(first[0], first[1], first[2].strip(), fields);
        }

        @Override
        public List<String> headers(String name) {
            return fields.stream()
                    .filter(field -> field[0].equalsIgnoreCase(name))
                    .map(field -> field[1])
                    .toList();
        }
    }

    @FuzzTest(maxDuration = "10m")
    void theAnswerIsWhatThePlainOneSays(byte[] data) {
        Input input = new Input(data);
        int flags = input.choice();
        int bits = input.choice();
        Head head = Head.of(new String(input.rest(), ISO_8859_1));
        Answer expected = PlainHandshake.answer(head.method, head.version, head::headers, SUPPORTED);

        Handshake answer = Handshake.check(head, SUPPORTED);

        switch (answer) {
            case Handshake.Refused refused -> {
                assertThat(refused.status()).as(refused.reason()).isEqualTo(expected.status());
                assertThat(refused.reason()).isNotEmpty();
            }
            case Handshake.Accepted accepted -> {
                assertThat(Handshake.isUpgrade(head)).isTrue();
                assertThat(expected.status()).isEqualTo(101);
                assertThat(accepted.acceptKey()).isEqualTo(expected.acceptKey());
                assertThat(accepted.subprotocol()).isEqualTo(expected.subprotocol());
                assertThat(accepted.offers().stream().map(HandshakeFuzzTest::plain))
                        .isEqualTo(expected.extensions());
                assertAgreement(accepted.offers(), expected.extensions(), flags, bits);
            }
        }
    }

    private static void assertAgreement(List<ExtensionOffer> offers, List<Extension> plainOffers, int flags, int bits) {
        Zlib zlib = Libraries.zlib((flags & 4) != 0);
        boolean serverAlone = (flags & 1) != 0;
        boolean clientAlone = (flags & 2) != 0;
        int serverMost = 8 + (bits & 7);
        int clientMost = 8 + ((bits >> 4) & 7);
        var policy = new DeflatePolicy(true, serverAlone, serverMost, clientAlone, clientMost, 6, 8, 0);

        Optional<DeflateAgreement> agreed = policy.answer(offers, zlib);

        assertThat(agreed.map(DeflateAgreement::header))
                .isEqualTo(PlainHandshake.agreement(
                        plainOffers, serverAlone, clientAlone, zlib.minWindowBits(), serverMost, clientMost));
        agreed.ifPresent(HandshakeFuzzTest::assertSaysWhatItDoes);
        assertThat(DeflatePolicy.OFF.answer(offers, zlib)).isEmpty();
    }

    /** A client knows of the agreement what the header says, and no more (RFC 7692 §7.1). */
    private static void assertSaysWhatItDoes(DeflateAgreement agreement) {
        List<String> words = List.of(agreement.header().split("; "));
        assertThat(words.contains("server_no_context_takeover")).isEqualTo(agreement.serverNoContextTakeover());
        assertThat(words.contains("client_no_context_takeover")).isEqualTo(agreement.clientNoContextTakeover());
        assertThat(bits(words, "server_max_window_bits=")).isEqualTo(agreement.serverMaxWindowBits());
        assertThat(bits(words, "client_max_window_bits=")).isEqualTo(agreement.clientMaxWindowBits());
    }

    private static int bits(List<String> words, String name) {
        return words.stream()
                .filter(word -> word.startsWith(name))
                .map(word -> Integer.parseInt(word.substring(name.length())))
                .findFirst()
                .orElse(15);
    }

    private static Extension plain(ExtensionOffer offer) {
        List<Map.Entry<String, Optional<String>>> parameters = new ArrayList<>();
        offer.parameters().forEach(parameter -> parameters.add(Map.entry(parameter.name(), parameter.value())));
        return new Extension(offer.name(), parameters);
    }
}
