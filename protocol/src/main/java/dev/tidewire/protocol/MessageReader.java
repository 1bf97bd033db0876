package dev.tidewire.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of one connection: takes a peer's bytes, however the network cut them, and tells what was said.
 *
 * <p>A frame that is here as a whole is handled on the spot. Of one that is not, at most a header is kept as it came;
 * payload goes unmasked into the message it belongs to as soon as it arrives, and nothing is set aside for bytes that
 * were only announced. Between messages a reader holds nothing but its fields.
 *
 * <p>Threads: one at a time.
 */
public final class MessageReader {
    private static final byte[] EMPTY = {};
    static final ByteBuffer NO_ROOM = ByteBuffer.wrap(EMPTY);

    private final FrameRules rules;
    private final @Nullable Inflation inflation;
    private @Nullable ByteBuffer cutHeader;
    private @Nullable CutFrame cutFrame;
    private @Nullable Assembly message;
    private boolean stopped;
    private boolean inParts;

    /**
     * A reader without extensions.
     *
     * @param fromClient true when the peer is a client
     */
    public MessageReader(Limits limits, boolean fromClient) {
        this(new FrameRules(fromClient, false, limits));
    }

    /**
     * A reader that goes by {@code rules}, which many readers may share.
     *
     * @throws IllegalArgumentException when they allow compression
     */
    public MessageReader(FrameRules rules) {
        this(rules, null, false);
    }

    /**
     * A reader for a connection that has agreed on compression.
     *
     * @param inflation taken: closed when the reader stops
     * @throws IllegalArgumentException when {@code rules} do not allow compression
     */
    public MessageReader(FrameRules rules, Inflation inflation) {
        this(rules, inflation, true);
    }

    private MessageReader(FrameRules rules, @Nullable Inflation inflation, boolean deflate) {
        if (rules.deflate() != deflate) {
            throw new IllegalArgumentException("deflate of the rules must be " + deflate + ", was " + rules.deflate());
        }
        this.rules = rules;
        this.inflation = inflation;
    }

    /** Has messages told in parts, as their bytes come in, and held no longer than that. To be called before the first bytes. */
    public MessageReader inParts() {
        inParts = true;
        return this;
    }

    /**
     * Takes all readable bytes of {@code in}, which remains the caller's to release. After a close frame, a violation, an
     * exception of the sink or {@link #stop} it only skips them.
     *
     * @throws ProtocolViolation at the first frame that breaks a rule, when everything before it has been told
     */
    public void read(ByteBuf in, Sink sink) {
        boolean sound = false;
        try {
            if (in.nioBufferCount() == 1) {
                read(in.internalNioBuffer(in.readerIndex(), in.readableBytes()), sink);
            } else {
                for (ByteBuffer part : in.nioBuffers()) {
                    read(part, sink);
                }
            }
            sound = true;
        } finally {
            if (!sound) {
                stop();
            }
            in.readerIndex(in.writerIndex());
        }
    }

    /**
     * Where the payload goes that comes next, for a caller that can have it put there as it is received. It may be less than what is
     * announced: memory follows what has come.
     *
     * @return on the heap, and good until the next call of this reader; without room when what comes next is to be {@link #read}
     */
    public ByteBuffer room() {
        CutFrame frame = cutFrame;
        return frame == null || inParts ? NO_ROOM : frame.into.room(frame.missing(), frame.fin);
    }

    /** How many bytes are still to come of the payload of which some came last; 0 outside of one. */
    public int missingBytes() {
        CutFrame frame = cutFrame;
        return frame == null ? 0 : frame.missing();
    }

    /**
     * Takes the first {@code count} bytes of the last {@link #room}, in which they are now, masked.
     *
     * @throws ProtocolViolation as {@link #read}
     */
    public void filled(int count, Sink sink) {
        CutFrame frame = Objects.requireNonNull(cutFrame, "no room was given");
        boolean sound = false;
        try {
            boolean ends = frame.filled(count);
            advanced(frame, ends, sink);
            sound = true;
        } finally {
            if (!sound) {
                stop();
            }
        }
    }

    /**
     * Makes this reader deaf for good and drops what it holds; a sink may call it, and the owner must when the connection is
     * gone, unless a close frame or an exception came first.
     */
    public void stop() {
        stopped = true;
        cutHeader = null;
        cutFrame = null;
        message = null;
        if (inflation != null) {
            inflation.close();
        }
    }

    /** From the buffer's memory itself: every access by way of {@link ByteBuf} would be checked twice over. */
    private void read(ByteBuffer in, Sink sink) {
        takeUp(in, sink);
        while (!stopped && FrameHeader.sizeOf(in) <= in.remaining()) {
            begin(in, in, sink);
        }
        keepCutHeader(in);
    }

    /** Goes on where the last bytes ended: inside a header or inside a payload. */
    private void takeUp(ByteBuffer in, Sink sink) {
        if (cutHeader != null && completeHeader(cutHeader, in)) {
            ByteBuffer header = cutHeader;
            cutHeader = null;
            begin(header, in, sink);
        } else if (cutFrame != null) {
            advance(cutFrame, in, sink);
        }
    }

    private boolean completeHeader(ByteBuffer header, ByteBuffer in) {
        while (FrameHeader.sizeOf(header) > header.remaining()) {
            if (!in.hasRemaining()) {
                checkCut(header);
                return false;
            }
            int end = header.limit();
            header.limit(end + 1).put(end, in.get());
        }
        return true;
    }

    private void keepCutHeader(ByteBuffer in) {
        if (!stopped && in.hasRemaining()) {
            checkCut(in);
            cutHeader = ByteBuffer.allocate(FrameHeader.MAX_BYTES).put(in).flip();
        }
    }

    /** Refuses a frame for what is here of its header, whose rest may never come. */
    private void checkCut(ByteBuffer header) {
        int start = FrameHeader.peekStart(header, rules.fromClient());
        rules.checkStart(start, message == null ? 0 : message.fragments());
    }

    /**
     * Takes a header and what there is of its payload.
     *
     * @param head where the header is: {@code in} itself unless the header was cut
     */
    private void begin(ByteBuffer head, ByteBuffer in, Sink sink) {
        int start = FrameHeader.readStart(head);
        long payloadLength = FrameHeader.readLength(head, start);
        int maskKey = FrameHeader.readMaskKey(head, start);
        check(start, payloadLength);
        int payloadBytes = (int) payloadLength;
        Opcode opcode = FrameHeader.opcode(start);
        if (isAlone(start, opcode) && payloadBytes <= in.remaining()) {
            tellWhole(opcode, payloadBytes, maskKey, in, sink);
        } else {
            Assembly into = assemblyFor(opcode, FrameHeader.rsv1(start));
            cutFrame = new CutFrame(into, FrameHeader.fin(start), payloadBytes, maskKey);
            advance(cutFrame, in, sink);
        }
    }

    /** True when the frame is a message or a control frame by itself, and its payload is what was meant. */
    private static boolean isAlone(int start, Opcode opcode) {
        return FrameHeader.fin(start) && opcode != Opcode.CONTINUATION && !FrameHeader.rsv1(start);
    }

    private void check(int start, long payloadLength) {
        Assembly open = message;
        if (open == null) {
            rules.check(start, payloadLength, 0, 0, false);
        } else {
            rules.check(start, payloadLength, open.fragments(), open.length(), open.isCompressed());
        }
    }

    /** The short way, which nearly every frame takes: all of it is here, and it is a message or a control frame by itself. */
    private void tellWhole(Opcode opcode, int payloadBytes, int maskKey, ByteBuffer in, Sink sink) {
        byte[] payload = payloadBytes == 0 ? EMPTY : new byte[payloadBytes];
        Masking.read(in, payload, 0, payloadBytes, maskKey, 0);
        Assembly.requireUtf8(opcode != Opcode.TEXT || Utf8.isValid(payload));
        tell(opcode, payload, sink);
    }

    /** Where the payload of the frame that begins goes; a control frame leaves the open message as it is (RFC 6455 §5.4). */
    private Assembly assemblyFor(Opcode opcode, boolean compressed) {
        if (opcode.isControl()) {
            return new Assembly(opcode, FrameRules.MAX_CONTROL_BYTES, null, false);
        }
        if (message == null) {
            message = new Assembly(opcode, rules.limits().maxMessageBytes(), compressed ? inflation : null, inParts);
        }
        message.beginFragment();
        return message;
    }

    private void advance(CutFrame frame, ByteBuffer in, Sink sink) {
        advanced(frame, frame.take(in), sink);
    }

    private void advanced(CutFrame frame, boolean frameEnds, Sink sink) {
        boolean ends = frameEnds && frame.fin;
        Assembly into = frame.into;
        if (frameEnds) {
            cutFrame = null;
        }
        if (ends && into == message) {
            message = null;
        }
        if (inParts && !into.opcode().isControl()) {
            tellPart(into, ends, sink);
        } else if (ends) {
            tell(into.opcode(), into.finish(), sink);
        }
    }

    private void tellPart(Assembly message, boolean last, Sink sink) {
        byte[] part = message.drain(last);
        if (part.length > 0 || last) {
            sink.part(message.opcode(), part, last);
        }
    }

    private void tell(Opcode opcode, byte[] payload, Sink sink) {
        switch (opcode) {
            case TEXT, BINARY -> {
                if (inParts) {
                    sink.part(opcode, payload, true);
                } else {
                    sink.message(opcode, payload);
                }
            }
            case PING -> sink.ping(payload);
            case PONG -> sink.pong(payload);
            case CLOSE -> {
                ClosePayload close = ClosePayload.parse(payload);
                stop();
                sink.close(close.code(), close.reason());
            }
            case CONTINUATION -> throw new AssertionError("a continuation is told with the message that it continues");
        }
    }

    /** A frame whose header is read and whose payload is still coming, or is one of several of a message. */
    private static final class CutFrame {
        final Assembly into;
        final boolean fin;
        private final int payloadBytes;
        private final int maskKey;
        private int takenBytes;

        CutFrame(Assembly into, boolean fin, int payloadBytes, int maskKey) {
            this.into = into;
            this.fin = fin;
            this.payloadBytes = payloadBytes;
            this.maskKey = maskKey;
        }

        int missing() {
            return payloadBytes - takenBytes;
        }

        /** Takes what {@code in} has of this frame, and returns true when that was the rest of it. */
        boolean take(ByteBuffer in) {
            int count = Math.min(missing(), in.remaining());
            into.take(in, count, maskKey, takenBytes, missing(), fin);
            takenBytes += count;
            return missing() == 0;
        }

        /** Takes what is in its place already; true when that was the rest of it. */
        boolean filled(int count) {
            into.filled(count, maskKey, takenBytes);
            takenBytes += count;
            return missing() == 0;
        }
    }

    /**
     * The most that a peer may make us hold; checked against a frame's header, before its payload is taken.
     *
     * @param maxFrameBytes longest payload of one frame of a message; of a compressed message, which is never held as it
     *     came, an eighth and 64 bytes longer, since not everything can be compressed
     * @param maxMessageBytes longest message, all fragments together, inflated; of a compressed message this is checked
     *     while it is inflated
     * @param maxFragments most frames of one message, 0 for any number
     */
    public record Limits(int maxFrameBytes, int maxMessageBytes, int maxFragments) {
        /** What a Java array can hold on every common JVM. */
        private static final int MAX_ARRAY_BYTES = Integer.MAX_VALUE - 8;

        /** Checks the ranges. */
        public Limits {
            requireLength("maxFrameBytes", maxFrameBytes);
            requireLength("maxMessageBytes", maxMessageBytes);
            if (maxFragments < 0) {
                throw new IllegalArgumentException("maxFragments must not be negative, was " + maxFragments);
            }
        }

        private static void requireLength(String name, int bytes) {
            if (bytes < 1 || bytes > MAX_ARRAY_BYTES) {
                throw new IllegalArgumentException(name + " must be 1 to " + MAX_ARRAY_BYTES + ", was " + bytes);
            }
        }
    }

    /** Who is told what the peer said; arrays are given away and have exactly the payload's length. */
    public interface Sink {
        /**
         * A whole message.
         *
         * @param opcode {@link Opcode#TEXT}, and then the payload is UTF-8, or {@link Opcode#BINARY}
         */
        void message(Opcode opcode, byte[] payload);

        /**
         * Some bytes of a message, in place of {@link #message}, told by a reader that was made to tell {@link #inParts parts}.
         *
         * @param opcode the message's, for each of its parts
         * @param bytes those of a text are UTF-8 so far, and may end inside a character unless they are the last; empty only when
         *     they are the last
         * @param last true for the end of the message
         */
        default void part(Opcode opcode, byte[] bytes, boolean last) {
            throw new UnsupportedOperationException("this sink takes whole messages only");
        }

        /** The peer asks whether we are there; it may be in the middle of a message. */
        void ping(byte[] payload);

        /** The peer is there; it may be in the middle of a message. */
        void pong(byte[] payload);

        /**
         * The last word: nothing is told after it.
         *
         * @param code {@link CloseCode#NO_STATUS} when the frame was empty
         */
        void close(int code, String reason);
    }
}
