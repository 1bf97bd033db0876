package dev.tidewire.verification.model;

import dev.tidewire.verification.model.PlainInflater.Inflated;
import dev.tidewire.verification.model.PlainInflater.State;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a peer said, from all the bytes that it sent: frame by frame, as RFC 6455 §5 to §8 and RFC 7692 §6 read. */
public final class PlainReader {
    private static final int PROTOCOL_ERROR = 1002;
    private static final int INVALID_PAYLOAD = 1007;
    private static final int MESSAGE_TOO_BIG = 1009;
    private static final int NO_STATUS = 1005;

    /** How much more than the limit is inflated before somebody looks: within it, two things may be wrong at once. */
    private static final int SLACK_BYTES = 16 * 1024;

    private final Rules rules;
    private final @Nullable PlainInflater inflater;
    private final List<String> events = new ArrayList<>();
    private final Set<Integer> codes = new TreeSet<>();

    /** The open message: its opcode, 0 when there is none; its frames; what they carried; and what that says. */
    private int opcode;

    private int fragments;
    private boolean compressed;
    private final ByteArrayOutputStream carried = new ByteArrayOutputStream();
    private byte[] said = {};

    private boolean unsure;
    private boolean over;

    /**
     * What was agreed on, and what the receiver is willing to hold.
     *
     * @param maxFragments 0 for any number
     */
    public record Rules(boolean fromClient, int maxFrameBytes, int maxMessageBytes, int maxFragments) {}

    /**
     * What came of it.
     *
     * @param events one line each
     * @param codes the close codes that may answer what is wrong; none when nothing is
     * @param open what there is of a message that has not ended
     * @param unsure true when a peer referred further back than was agreed on, which may be refused and may be understood:
     *     then nothing is known of what follows
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Outcome(List<String> events, Set<Integer> codes, byte[] open, boolean unsure) {}

    private record Header(
            boolean fin,
            boolean rsv1,
            boolean rsv23,
            int opcode,
            boolean masked,
            long length,
            boolean shortest,
            int at) {
        boolean isControl() {
            return opcode >= 8;
        }
    }

    /** @param inflater null when compression was not agreed on */
    public PlainReader(Rules rules, @Nullable PlainInflater inflater) {
        this.rules = rules;
        this.inflater = inflater;
    }

    /** Reads all of {@code wire}; once. */
    public Outcome read(byte[] wire) {
        int at = 0;
        while (!over && headerBytes(wire, at) <= wire.length - at) {
            Header header = header(wire, at);
            check(header);
            int bytes = (int) Math.min(header.length, wire.length - header.at);
            if (!over) take(header, unmasked(wire, header, bytes), bytes == header.length);
            at = header.at + bytes;
        }
        if (!over && at < wire.length) checkCut(wire, at);
        return new Outcome(events, codes, said, unsure);
    }

    private static int headerBytes(byte[] wire, int at) {
        if (wire.length - at < 2) return Integer.MAX_VALUE;
        int length = wire[at + 1] & 0x7F;
        return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + ((wire[at + 1] & 0x80) != 0 ? 4 : 0);
    }

    private static Header header(byte[] wire, int at) {
        int first = wire[at];
        boolean masked = (wire[at + 1] & 0x80) != 0;
        long length = wire[at + 1] & 0x7F;
        int extended = length == 126 ? 2 : length == 127 ? 8 : 0;
        if (extended > 0) {
            length = 0;
            for (int i = 0; i < extended; i++) {
                length = length << 8 | (wire[at + 2 + i] & 0xFF);
            }
        }
        boolean shortest = extended == 0 || (extended == 2 ? length >= 126 : length > 0xFFFF); // negative fails, too
        return new Header(
                (first & 0x80) != 0,
                (first & 0x40) != 0,
                (first & 0x30) != 0,
                first & 0x0F,
                masked,
                length,
                shortest,
                at + headerBytes(wire, at));
    }

    private static byte[] unmasked(byte[] wire, Header header, int bytes) {
        byte[] payload = Arrays.copyOfRange(wire, header.at, header.at + bytes);
        for (int i = 0; header.masked && i < bytes; i++) {
            payload[i] ^= wire[header.at - 4 + i % 4];
        }
        return payload;
    }

    private void check(Header header) {
        if (breaksRule(header)) {
            fail(PROTOCOL_ERROR);
        } else if (!header.isControl() && passesLimit(header)) {
            fail(MESSAGE_TOO_BIG);
        }
    }

    /** A header that is not all there: its length is passed over, and a mask that has not come is taken for right. */
    private void checkCut(byte[] wire, int at) {
        boolean masked = wire.length - at > 1 ? (wire[at + 1] & 0x80) != 0 : rules.fromClient;
        byte[] start = {wire[at], (byte) (masked ? 0x80 : 0)};
        if (breaksRule(header(start, 0))) fail(PROTOCOL_ERROR);
    }

    private boolean breaksRule(Header header) {
        boolean known = header.opcode <= 2 || (header.opcode >= 8 && header.opcode <= 10);
        boolean data = known && !header.isControl();
        boolean continues = header.opcode == 0;
        return header.rsv23
                || !known
                || !header.shortest
                || header.masked != rules.fromClient
                || (header.rsv1 && (inflater == null || !data || continues))
                || (header.isControl() && (!header.fin || header.length > 125))
                || (data && continues != (opcode != 0));
    }

    private boolean passesLimit(Header header) {
        if (rules.maxFragments > 0 && fragments >= rules.maxFragments) return true;
        if (compressed || header.rsv1) return header.length > rules.maxFrameBytes + rules.maxFrameBytes / 8L + 64;
        return header.length > rules.maxFrameBytes || said.length + header.length > rules.maxMessageBytes;
    }

    private void take(Header header, byte[] payload, boolean whole) {
        if (header.isControl()) {
            if (whole) control(header.opcode, payload);
            return;
        }
        if (opcode == 0) {
            opcode = header.opcode;
            compressed = header.rsv1;
        }
        fragments++;
        carried.writeBytes(payload);
        boolean ends = whole && header.fin;
        understand(ends);
        if (ends && !over) {
            events.add(name(opcode) + " " + HexFormat.of().formatHex(said));
            forget();
        }
    }

    private void control(int code, byte[] payload) {
        if (code != 8) {
            events.add(name(code) + " " + HexFormat.of().formatHex(payload));
        } else {
            close(payload);
        }
    }

    private void close(byte[] payload) {
        if (payload.length == 0) {
            tellClose(NO_STATUS, payload);
            return;
        }
        int code = payload.length == 1 ? 0 : (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF);
        byte[] reason = payload.length == 1 ? payload : Arrays.copyOfRange(payload, 2, payload.length);
        boolean registered = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
        if (!registered && (code < 3000 || code > 4999)) {
            fail(PROTOCOL_ERROR);
        } else if (!PlainUtf8.isValid(reason)) {
            fail(INVALID_PAYLOAD);
        } else {
            tellClose(code, reason);
        }
    }

    private void tellClose(int code, byte[] reason) {
        events.add("CLOSE " + code + " " + new String(reason, StandardCharsets.UTF_8));
        forget();
        over = true;
    }

    /** Works out what the open message says so far, and whether it may. */
    private void understand(boolean ends) {
        said = carried.toByteArray();
        if (compressed && inflater != null) {
            int most = (int) Math.min(rules.maxMessageBytes + (long) SLACK_BYTES, Integer.MAX_VALUE);
            Inflated inflated = inflater.inflate(said, ends, most);
            said = inflated.bytes();
            if (said.length > rules.maxMessageBytes) fail(MESSAGE_TOO_BIG);
            if (inflated.state() == State.BAD && said.length < most) fail(INVALID_PAYLOAD);
            if (inflated.beyondWindow()) doubt();
        }
        if (opcode == 1 && !(ends ? PlainUtf8.isValid(said) : PlainUtf8.mayBecomeValid(said))) fail(INVALID_PAYLOAD);
    }

    private void forget() {
        opcode = 0;
        fragments = 0;
        compressed = false;
        carried.reset();
        said = new byte[0];
    }

    private void fail(int code) {
        codes.add(code);
        over = true;
    }

    private void doubt() {
        unsure = true;
        over = true;
    }

    private static String name(int opcode) {
        return switch (opcode) {
            case 1 -> "TEXT";
            case 2 -> "BINARY";
            case 9 -> "PING";
            case 10 -> "PONG";
            default -> throw new IllegalArgumentException("no event for opcode " + opcode);
        };
    }
}
