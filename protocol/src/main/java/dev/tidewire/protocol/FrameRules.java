package dev.tidewire.protocol;

import static dev.tidewire.protocol.CloseCode.MESSAGE_TOO_BIG;
import static dev.tidewire.protocol.CloseCode.PROTOCOL_ERROR;

/**
 * The rules that frames in one direction must obey (RFC 6455 §5), and the limits they must stay within.
 *
 * <p>Holds no state of a connection: all connections with the same options share one.
 *
 * @param fromClient true for what a client says, which must be masked; what a server says must not be
 * @param deflate true when permessage-deflate was negotiated, which gives the first reserved bit its meaning
 * @param limits what the receiver is willing to hold
 */
public record FrameRules(boolean fromClient, boolean deflate, MessageReader.Limits limits) {
    /** The longest payload of a close, ping or pong (RFC 6455 §5.5). */
    static final int MAX_CONTROL_BYTES = 125;

    /** What compression may add to a frame that cannot be made shorter: an eighth, and a little for its ends. */
    private static final int SMALLEST_GROWTH_BYTES = 64;

    /**
     * Refuses a frame unless it may follow what was taken so far.
     *
     * @param start see {@link FrameHeader}
     * @param openFragments frames of the message that is open, 0 when none is
     * @param openBytes payload of the message that is open, inflated if it was compressed
     * @param openCompressed true when the message that is open is compressed
     * @throws ProtocolViolation naming the first rule or limit that the frame breaks
     */
    void check(int start, long payloadLength, int openFragments, int openBytes, boolean openCompressed) {
        checkStart(start, payloadLength, openFragments);
        if (FrameHeader.opcode(start).isControl()) {
            return;
        }
        if (openCompressed || FrameHeader.rsv1(start)) {
            checkFrameLimit(payloadLength, maxCompressedFrameBytes());
        } else {
            checkFrameLimit(payloadLength, limits.maxFrameBytes());
            requireMessageFits(openBytes + payloadLength, limits.maxMessageBytes());
        }
        checkFragments(openFragments);
    }

    /**
     * {@link #check} for as long as the length has not come: it, and the limits, are left out.
     *
     * @throws ProtocolViolation naming the first rule that the frame breaks
     */
    void checkStart(int start, int openFragments) {
        checkStart(start, 0, openFragments);
    }

    private void checkStart(int start, long payloadLength, int openFragments) {
        Opcode opcode = FrameHeader.opcode(start);
        checkMask(start);
        requireMeaning(start, deflate);
        if (opcode.isControl()) {
            checkControl(start, payloadLength);
        } else {
            checkOrder(start, opcode, openFragments);
        }
    }

    /** The rules of a frame by itself, whoever sends it, when no extension was negotiated. */
    static void checkAlone(int start, long payloadLength) {
        requireMeaning(start, false);
        if (FrameHeader.opcode(start).isControl()) {
            checkControl(start, payloadLength);
        }
    }

    private void checkMask(int start) {
        if (fromClient) {
            require(FrameHeader.masked(start), "RFC 6455 §5.1", "client frame is not masked");
        } else {
            require(!FrameHeader.masked(start), "RFC 6455 §5.1", "server frame is masked");
        }
    }

    private static void checkOrder(int start, Opcode opcode, int openFragments) {
        boolean continues = opcode == Opcode.CONTINUATION;
        require(!continues || openFragments > 0, "RFC 6455 §5.4", "there is no message to continue");
        require(continues || openFragments == 0, "RFC 6455 §5.4", "a new message begins inside an unfinished one");
        require(
                !continues || !FrameHeader.rsv1(start),
                "RFC 7692 §6.1",
                "compressed bit is set after the first fragment");
    }

    private static void requireMeaning(int start, boolean deflate) {
        boolean meaningless = FrameHeader.rsv1(start) && !deflate;
        require(!meaningless, "RFC 6455 §5.2", "reserved bit 1 is set but compression was not negotiated");
    }

    private static void checkControl(int start, long payloadLength) {
        require(FrameHeader.fin(start), "RFC 6455 §5.5", "control frame is fragmented");
        require(payloadLength <= MAX_CONTROL_BYTES, "RFC 6455 §5.5", "control frame is over 125 bytes");
        require(!FrameHeader.rsv1(start), "RFC 7692 §6.1", "control frame is compressed");
    }

    /** What a frame of the greatest length may become when its sender compresses what cannot be compressed. */
    private long maxCompressedFrameBytes() {
        long grown = limits.maxFrameBytes() + limits.maxFrameBytes() / 8L + SMALLEST_GROWTH_BYTES;
        return Math.min(grown, Integer.MAX_VALUE);
    }

    private void checkFrameLimit(long payloadLength, long maxBytes) {
        if (payloadLength > maxBytes) {
            throw tooBig(frameLimit(), "frame of " + payloadLength + " bytes, limit " + maxBytes);
        }
    }

    /** By itself it is lower: else nobody has set it, and a frame that is too long is just a message that is. */
    private String frameLimit() {
        return limits.maxFrameBytes() < limits.maxMessageBytes() ? "maxFrameBytes" : "maxMessageBytes";
    }

    /** Refuses a message that has come to {@code bytes}; a compressed one is measured as it is inflated. */
    static void requireMessageFits(long bytes, int maxMessageBytes) {
        if (bytes > maxMessageBytes) {
            throw tooBig("maxMessageBytes", "message of at least " + bytes + " bytes, limit " + maxMessageBytes);
        }
    }

    private void checkFragments(int openFragments) {
        if (limits.maxFragments() > 0 && openFragments >= limits.maxFragments()) {
            throw tooBig("maxFragments", "message of more than " + limits.maxFragments() + " fragments");
        }
    }

    private static ProtocolViolation tooBig(String limit, String detail) {
        return new ProtocolViolation(MESSAGE_TOO_BIG, limit, detail);
    }

    /** Both texts are constants: a message put together here would be paid for by every legal frame. */
    private static void require(boolean holds, String rule, String otherwise) {
        if (!holds) {
            throw new ProtocolViolation(PROTOCOL_ERROR, rule, otherwise);
        }
    }
}
