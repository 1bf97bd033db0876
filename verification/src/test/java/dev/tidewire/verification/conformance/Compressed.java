package dev.tidewire.verification.conformance;

import dev.tidewire.verification.model.PlainDeflater;
import dev.tidewire.verification.model.PlainInflater;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The client's side of permessage-deflate on one connection, kept to the last bit of what was agreed on (RFC 7692 §7). */
final class Compressed {
    private static final int RSV1 = 0x40;
    private static final int RSV1_AS_NUMBER = 4;

    private final boolean agreed;
    private final PlainDeflater deflater;
    private final PlainInflater inflater;

    /** @param agreement the header of the server's answer, or nothing */
    Compressed(String agreement) {
        agreed = !agreement.isEmpty();
        deflater = new PlainDeflater(bits(agreement, "client"), !agreement.contains("client_no_context_takeover"));
        inflater = new PlainInflater(bits(agreement, "server"), !agreement.contains("server_no_context_takeover"));
    }

    /** True when the server says that it compressed the message of which this is the first or only frame. */
    boolean is(WireFrame frame) {
        return agreed && !frame.isControl() && (frame.head() & RSV1) != 0;
    }

    WireFrame deflate(WireFrame message) {
        return message.with(RSV1_AS_NUMBER, deflater.deflate(message.payload()));
    }

    WireFrame inflate(WireFrame message) {
        return message.with(0, inflater.inflate(message.payload()));
    }

    private static int bits(String agreement, String side) {
        Matcher matcher = Pattern.compile(side + "_max_window_bits=([0-9]+)").matcher(agreement);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 15;
    }
}
