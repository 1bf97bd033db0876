package dev.tidewire.protocol.deflate;

import dev.tidewire.protocol.ExtensionOffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One offer of permessage-deflate, understood (RFC 7692 §7.1).
 *
 * @param serverNoContextTakeover true when the server must compress each message by itself
 * @param clientNoContextTakeover true when the client will do so
 * @param serverMaxWindowBits 8 to 15 when the client sets a bound, {@link #ABSENT} when not
 * @param clientMaxWindowBits 8 to 15, the bound that the client has set itself, when it would obey a smaller one;
 *     {@link #ABSENT} when it would not
 */
record DeflateOffer(
        boolean serverNoContextTakeover,
        boolean clientNoContextTakeover,
        int serverMaxWindowBits,
        int clientMaxWindowBits) {
    static final String NAME = "permessage-deflate";
    static final String SERVER_NO_CONTEXT_TAKEOVER = "server_no_context_takeover";
    static final String CLIENT_NO_CONTEXT_TAKEOVER = "client_no_context_takeover";
    static final String SERVER_MAX_WINDOW_BITS = "server_max_window_bits";
    static final String CLIENT_MAX_WINDOW_BITS = "client_max_window_bits";

    static final int ABSENT = 0;

    private static final Pattern WINDOW_BITS = Pattern.compile("8|9|1[0-5]");

    /**
     * What {@code offer} says, or empty when a server must decline it: it has a parameter that is not defined for an offer,
     * or has an invalid value, or is there twice (RFC 7692 §7.1).
     */
    static Optional<DeflateOffer> parse(ExtensionOffer offer) {
        Map<String, String> values = new HashMap<>();
        for (ExtensionOffer.Parameter parameter : offer.parameters()) {
            if (!isDefined(parameter) || values.put(parameter.name(), value(parameter)) != null) {
                return Optional.empty();
            }
        }
        return Optional.of(new DeflateOffer(
                values.containsKey(SERVER_NO_CONTEXT_TAKEOVER),
                values.containsKey(CLIENT_NO_CONTEXT_TAKEOVER),
                windowBits(values, SERVER_MAX_WINDOW_BITS),
                windowBits(values, CLIENT_MAX_WINDOW_BITS)));
    }

    /** All offers of this extension that a server need not decline, in the client's order. */
    static List<DeflateOffer> parseAll(List<ExtensionOffer> offers) {
        return offers.stream()
                .filter(offer -> offer.name().equals(NAME))
                .flatMap(offer -> parse(offer).stream())
                .toList();
    }

    private static boolean isDefined(ExtensionOffer.Parameter parameter) {
        Optional<String> value = parameter.value();
        return switch (parameter.name()) {
            case SERVER_NO_CONTEXT_TAKEOVER, CLIENT_NO_CONTEXT_TAKEOVER -> value.isEmpty();
            case SERVER_MAX_WINDOW_BITS -> value.isPresent() && isWindowBits(value.get());
            case CLIENT_MAX_WINDOW_BITS -> value.isEmpty() || isWindowBits(value.get());
            default -> false;
        };
    }

    private static boolean isWindowBits(String value) {
        return WINDOW_BITS.matcher(value).matches();
    }

    /** A window without a number is one without a bound; for the other parameters it only matters that they are there. */
    private static String value(ExtensionOffer.Parameter parameter) {
        return parameter.value().orElse(String.valueOf(DeflateAgreement.MAX_WINDOW_BITS));
    }

    private static int windowBits(Map<String, String> values, String name) {
        return Integer.parseInt(values.getOrDefault(name, String.valueOf(ABSENT)));
    }
}
