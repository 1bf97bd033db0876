package dev.tidewire.protocol.deflate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidewire.protocol.ExtensionOffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The answers to offers: RFC 7692 §5 (the first that can be accepted), §7.1 (what must be declined) and the rows' sections. */
class DeflatePolicyTest {
    /** Contexts are taken over and windows are as large as can be, unless a client wants it otherwise. */
    private static final DeflatePolicy GENEROUS = new DeflatePolicy(true, false, 15, false, 15, 6, 8, 0);

    private static final DeflatePolicy SMALL = new DeflatePolicy(true, false, 11, false, 10, 6, 8, 0);

    private static final String DEFLATE = "permessage-deflate";

    @ParameterizedTest(name = "{0} -> {1} (§{2})")
    @CsvSource({
        "'',                                                    '',                                                   7.1",
        "; server_no_context_takeover,                          ; server_no_context_takeover,                         7.1.1.1",
        "; client_no_context_takeover,                          ; client_no_context_takeover,                         7.1.1.2",
        "; server_max_window_bits=15,                           ; server_max_window_bits=15,                          7.1.2.1",
        "; server_max_window_bits=9,                            ; server_max_window_bits=9,                           7.1.2.1",
        "; server_max_window_bits=8,                            ; server_max_window_bits=8,                           7.1.2.1",
        "; client_max_window_bits,                              '',                                                   7.1.2.2",
        "; client_max_window_bits=15,                           '',                                                   7.1.2.2",
        "; client_max_window_bits=10,                           ; client_max_window_bits=10,                          7.1.2.2",
        "; client_max_window_bits=8,                            ; client_max_window_bits=8,                           7.1.2.2",
        "; client_max_window_bits; server_no_context_takeover,  ; server_no_context_takeover,                         7.1.3",
        "; server_max_window_bits=10; client_max_window_bits=9, ; server_max_window_bits=10; client_max_window_bits=9, 7.1.3",
    })
    void aRequestIsGranted(String asked, String answered, String section) {
        assertThat(answer(GENEROUS, DEFLATE + asked)).contains(DEFLATE + answered);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "; unknown", // not defined for use in an offer
                "; unknown=1; server_no_context_takeover",
                "; Server_no_context_takeover",
                "; server_no_context_takeover; server_no_context_takeover", // twice
                "; server_max_window_bits=10; server_max_window_bits=10",
                "; client_max_window_bits; client_max_window_bits=10",
                "; server_no_context_takeover=1", // invalid values from here on
                "; server_no_context_takeover=true",
                "; client_no_context_takeover=15",
                "; server_max_window_bits", // §7.1.2.1: a value is required
                "; server_max_window_bits=7",
                "; server_max_window_bits=16",
                "; server_max_window_bits=08",
                "; server_max_window_bits=010",
                "; server_max_window_bits=+9",
                "; server_max_window_bits=-9",
                "; server_max_window_bits=9.0",
                "; server_max_window_bits=0x9",
                "; server_max_window_bits=nine",
                "; server_max_window_bits=99999999999999999999",
                "; client_max_window_bits=7",
                "; client_max_window_bits=16",
                "; client_max_window_bits=0",
                "; client_max_window_bits=015",
            })
    void anOfferIsDeclinedAndTheNextOneTaken(String bad) {
        String fallback = DEFLATE + bad + ", " + DEFLATE + "; server_no_context_takeover";

        assertThat(GENEROUS.answer(offers(DEFLATE + bad), system())).isEmpty();
        assertThat(answer(GENEROUS, fallback)).contains(DEFLATE + "; server_no_context_takeover");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '>',
            value = {
                "permessage-deflate; server_max_window_bits=12, permessage-deflate > permessage-deflate; server_max_window_bits=12",
                "permessage-deflate, permessage-deflate; server_max_window_bits=12 > permessage-deflate",
                "permessage-bzip2; x=1, x-webkit-deflate-frame, permessage-deflate > permessage-deflate",
                "permessage-deflate; server_max_window_bits=\"10\" > permessage-deflate; server_max_window_bits=10",
            })
    void theFirstOfferThatCanBeKeptWins(String offers, String header) {
        assertThat(answer(GENEROUS, offers)).contains(header);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "permessage-bzip2",
                "permessage-deflate2",
                "Permessage-Deflate",
                "deflate",
                "x; permessage-deflate"
            })
    void otherExtensionsAreIgnored(String offers) {
        assertThat(GENEROUS.answer(offers(offers), system())).isEmpty();
    }

    @Test
    void nothingIsAgreedWithoutAnOffer() {
        assertThat(GENEROUS.answer(List.of(), system())).isEmpty();
    }

    @Test
    void nothingIsAgreedWhenCompressionIsNotAllowed() {
        assertThat(DeflatePolicy.OFF.answer(offers(DEFLATE), system())).isEmpty();
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                           ; server_max_window_bits=11",
        "; server_max_window_bits=15,  ; server_max_window_bits=11",
        "; server_max_window_bits=11,  ; server_max_window_bits=11",
        "; server_max_window_bits=10,  ; server_max_window_bits=10",
        "; client_max_window_bits,     ; server_max_window_bits=11; client_max_window_bits=10",
        "; client_max_window_bits=15,  ; server_max_window_bits=11; client_max_window_bits=10",
        "; client_max_window_bits=9,   ; server_max_window_bits=11; client_max_window_bits=9",
    })
    void theSmallerWindowIsAgreedOn(String asked, String answered) {
        assertThat(answer(SMALL, DEFLATE + asked)).contains(DEFLATE + answered);
    }

    /** RFC 7692 §7.1.2.2: a client that did not offer the parameter would not understand it in the answer. */
    @Test
    void aClientIsNotToldOfAWindowThatItDidNotOfferToObey() {
        assertThat(SMALL.answer(offers(DEFLATE), system()))
                .contains(new DeflateAgreement(false, false, 11, 15, DEFLATE + "; server_max_window_bits=11"));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                            ; server_no_context_takeover; client_no_context_takeover",
        "; client_no_context_takeover,  ; server_no_context_takeover; client_no_context_takeover",
        "; server_max_window_bits=9,    ; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9",
    })
    void contextTakeoverCanBeRuledOutForEverybody(String asked, String answered) {
        assertThat(answer(DeflatePolicy.SHARED, DEFLATE + asked)).contains(DEFLATE + answered);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                          ; server_max_window_bits=13",
        "; client_max_window_bits,    ; server_max_window_bits=13; client_max_window_bits=13",
        "; server_max_window_bits=10, ; server_max_window_bits=10",
    })
    void contextsOfEachConnectionAreSmall(String asked, String answered) {
        assertThat(answer(DeflatePolicy.TAKEOVER, DEFLATE + asked)).contains(DEFLATE + answered);
    }

    @Test
    void theAgreementSaysWhatTheHeaderSays() {
        String all = "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8"
                + "; client_max_window_bits=9";

        assertThat(GENEROUS.answer(offers(DEFLATE + all), system()))
                .contains(new DeflateAgreement(true, true, 8, 9, DEFLATE + all));
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "'',                                                    permessage-deflate",
        "; server_max_window_bits=15,                           permessage-deflate; server_max_window_bits=15",
        "; server_max_window_bits=14,                           ''",
        "; server_max_window_bits=8,                            ''",
        "'; server_max_window_bits=9, permessage-deflate',      permessage-deflate",
        "; client_max_window_bits=9,                            permessage-deflate; client_max_window_bits=9",
    })
    void withoutTheSystemsZlibASmallWindowOfTheServerIsDeclined(String asked, String header) {
        assertThat(GENEROUS.answer(offers(DEFLATE + asked), Zlib.jdk())
                        .map(DeflateAgreement::header)
                        .orElse(""))
                .isEqualTo(header);
    }

    @Test
    void withoutTheSystemsZlibTheServersOwnWindowIsAsLargeAsItMustBe() {
        assertThat(SMALL.answer(offers(DEFLATE), Zlib.jdk()))
                .contains(new DeflateAgreement(false, false, 15, 15, DEFLATE));
    }

    @ParameterizedTest(name = "{5}")
    @CsvSource({
        "7,  15, 6,  8, 0,  'serverMaxWindowBits must be 8 to 15, was 7'",
        "16, 15, 6,  8, 0,  'serverMaxWindowBits must be 8 to 15, was 16'",
        "15, 7,  6,  8, 0,  'clientMaxWindowBits must be 8 to 15, was 7'",
        "15, 16, 6,  8, 0,  'clientMaxWindowBits must be 8 to 15, was 16'",
        "15, 15, -1, 8, 0,  'level must be 0 to 9, was -1'",
        "15, 15, 10, 8, 0,  'level must be 0 to 9, was 10'",
        "15, 15, 6,  0, 0,  'memoryLevel must be 1 to 9, was 0'",
        "15, 15, 6, 10, 0,  'memoryLevel must be 1 to 9, was 10'",
        "15, 15, 6,  8, -1, 'minMessageBytes must be 0 to 2147483647, was -1'",
    })
    void aPolicyThatMakesNoSenseIsRefused(
            int serverBits, int clientBits, int level, int memoryLevel, int minBytes, String because) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> new DeflatePolicy(true, true, serverBits, true, clientBits, level, memoryLevel, minBytes))
                .withMessage(because);
        assertThatCode(() -> new DeflatePolicy(true, true, 8, true, 8, 0, 1, 0)).doesNotThrowAnyException();
        assertThatCode(() -> new DeflatePolicy(true, true, 15, true, 15, 9, 9, 0))
                .doesNotThrowAnyException();
    }

    @Test
    void eachPartOfAPolicyCanBeAnother() {
        assertThat(DeflatePolicy.OFF
                        .withServerNoContextTakeover(false)
                        .withServerMaxWindowBits(8)
                        .withClientNoContextTakeover(false)
                        .withClientMaxWindowBits(9)
                        .withLevel(1)
                        .withMemoryLevel(2)
                        .withMinMessageBytes(3))
                .isEqualTo(new DeflatePolicy(false, false, 8, false, 9, 1, 2, 3));
    }

    private static Zlib system() {
        return Flavour.SYSTEM.zlib();
    }

    /** The header that answers these offers. */
    private static Optional<String> answer(DeflatePolicy policy, String offers) {
        return policy.answer(offers(offers), system()).map(DeflateAgreement::header);
    }

    /** What a header would be read as; the reading itself has its own test. */
    private static List<ExtensionOffer> offers(String header) {
        List<ExtensionOffer> offers = new ArrayList<>();
        for (String offer : header.split(", ", -1)) {
            String[] parts = offer.split("; ", -1);
            List<ExtensionOffer.Parameter> parameters = new ArrayList<>();
            for (int i = 1; i < parts.length; i++) {
                parameters.add(parameter(parts[i].replace("\"", "")));
            }
            offers.add(new ExtensionOffer(parts[0], parameters));
        }
        return offers;
    }

    private static ExtensionOffer.Parameter parameter(String text) {
        int equals = text.indexOf('=');
        return equals < 0
                ? new ExtensionOffer.Parameter(text, Optional.empty())
                : new ExtensionOffer.Parameter(text.substring(0, equals), Optional.of(text.substring(equals + 1)));
    }
}
