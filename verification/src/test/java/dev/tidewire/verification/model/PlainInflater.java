package dev.tidewire.verification.model;

import java.util.Arrays;
import java.util.Objects;

/**
 * DEFLATE undone bit by bit (RFC 1951), message by message (RFC 7692 §7.2.2), with every reference held to the window: the
 * JDK's inflater knows only the largest one.
 */
public final class PlainInflater {
    static final int[] LENGTH_BASES = {
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258
    };
    static final int[] LENGTH_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
    };
    static final int[] DISTANCE_BASES = {
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577
    };
    static final int[] DISTANCE_BITS = {
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13
    };
    private static final int[] CODE_LENGTH_ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    private static final int END_OF_BLOCK = 256;
    private static final byte[] TAIL = {0, 0, (byte) 0xFF, (byte) 0xFF};

    /** How far back DEFLATE itself can refer (RFC 1951 §2). */
    private static final int MAX_DISTANCE = 32 * 1024;

    private final int windowBytes;
    private final boolean contextTakeover;
    private byte[] window = {};

    private byte[] in = {};
    private int inBytes;
    private long bit;
    private byte[] out = {};
    private int length;
    private int mostBytes;
    private boolean ranOut;
    private boolean beyondWindow;

    /** The data is not DEFLATE, or not within the window. */
    public static final class BadData extends RuntimeException {
        BadData(String message) {
            super(message);
        }
    }

    /** @param contextTakeover true when a message may refer to the one before */
    public PlainInflater(int windowBits, boolean contextTakeover) {
        windowBytes = 1 << windowBits;
        this.contextTakeover = contextTakeover;
    }

    /**
     * The message whose frames carried {@code compressed}.
     *
     * @throws BadData at the first bit that is wrong
     */
    public byte[] inflate(byte[] compressed) {
        Inflated inflated = inflate(compressed, true, Integer.MAX_VALUE);
        if (inflated.state() == State.BAD) throw new BadData(inflated.problem());
        if (inflated.beyondWindow()) throw new BadData("a reference beyond the window");
        return inflated.bytes();
    }

    /**
     * What can be known of a message. Of one that is not whole nothing is kept, so that it may be asked for again when there is
     * more of it.
     *
     * @param whole false when {@code compressed} is only its beginning
     * @param mostBytes where to give up
     */
    public Inflated inflate(byte[] compressed, boolean whole, int mostBytes) {
        in = whole ? Arrays.copyOf(compressed, compressed.length + TAIL.length) : compressed;
        if (whole) System.arraycopy(TAIL, 0, in, compressed.length, TAIL.length);
        inBytes = in.length;
        bit = 0;
        out = window;
        length = window.length;
        this.mostBytes = mostBytes;
        ranOut = false;
        beyondWindow = false;
        String problem = "";
        try {
            blocks(compressed.length);
        } catch (BadData bad) {
            problem = Objects.requireNonNull(bad.getMessage());
        }
        boolean unfinished = !whole && (ranOut || problem.isEmpty());
        State state = unfinished ? State.UNFINISHED : problem.isEmpty() ? State.WHOLE : State.BAD;
        byte[] message = Arrays.copyOfRange(out, window.length, length);
        if (state == State.WHOLE) {
            int kept = contextTakeover ? Math.min(length, MAX_DISTANCE) : 0;
            window = Arrays.copyOfRange(out, length - kept, length);
        }
        return new Inflated(state, message, beyondWindow, problem);
    }

    /** How far a message has come. */
    public enum State {
        WHOLE,
        UNFINISHED,
        BAD
    }

    /**
     * A message, or what there is of it.
     *
     * @param bytes up to what is missing or wrong
     * @param beyondWindow true when it refers further back than was agreed on
     * @param problem what is wrong, if something is
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Inflated(State state, byte[] bytes, boolean beyondWindow, String problem) {}

    private void blocks(int messageBytes) {
        boolean last = false;
        while (!ended(messageBytes, last)) {
            last = block();
        }
    }

    /** At the end of all there is; or behind a final block that ends the message, which needs no tail. */
    private boolean ended(int messageBytes, boolean last) {
        if (last) bit = (bit + 7) / 8 * 8;
        return bit == 8L * inBytes || (last && bit == 8L * messageBytes);
    }

    private boolean block() {
        boolean last = bits(1) == 1;
        switch (bits(2)) {
            case 0 -> stored();
            case 1 -> coded(fixedLiterals(), new Code(filled(32, 5), false));
            case 2 -> dynamic();
            default -> throw new BadData("no such kind of block");
        }
        return last;
    }

    private void stored() {
        bit = (bit + 7) / 8 * 8;
        int count = bits(16);
        if (bits(16) != (~count & 0xFFFF)) throw new BadData("the two lengths of a stored block differ");
        for (int i = 0; i < count; i++) {
            emit((byte) bits(8));
        }
    }

    private void dynamic() {
        int literals = bits(5) + 257;
        int distances = bits(5) + 1;
        int codeLengths = bits(4) + 4;
        if (literals > 286 || distances > 30) throw new BadData("too many codes");
        int[] lengths = new int[19];
        for (int i = 0; i < codeLengths; i++) {
            lengths[CODE_LENGTH_ORDER[i]] = bits(3);
        }
        int[] both = readLengths(lengths, literals + distances);
        if (both[END_OF_BLOCK] == 0) throw new BadData("a block without an end");
        coded(
                new Code(Arrays.copyOf(both, literals), false),
                new Code(Arrays.copyOfRange(both, literals, literals + distances), false));
    }

    private int[] readLengths(int[] codeLengths, int count) {
        int[] lengths = new int[count];
        if (Arrays.stream(codeLengths).sum() == 0) {
            skipBits(count);
            return lengths; // without any code each length is a bit of nothing, and wrong only when all are there
        }
        Code code = new Code(codeLengths, true);
        for (int i = 0; i < count; ) {
            int symbol = symbol(code);
            if (symbol < 16) {
                lengths[i++] = symbol;
                continue;
            }
            int times = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
            if (symbol == 16 && i == 0) throw new BadData("nothing to repeat");
            int value = symbol == 16 ? lengths[i - 1] : 0;
            if (i + times > count) throw new BadData("too many lengths");
            Arrays.fill(lengths, i, i + times, value);
            i += times;
        }
        return lengths;
    }

    private void coded(Code literals, Code distances) {
        for (int symbol = symbol(literals); symbol != END_OF_BLOCK; symbol = symbol(literals)) {
            if (symbol < END_OF_BLOCK) {
                emit((byte) symbol);
                continue;
            }
            if (symbol > 285) throw new BadData("no such length");
            int count = LENGTH_BASES[symbol - 257] + bits(LENGTH_BITS[symbol - 257]);
            int code = symbol(distances);
            if (code > 29) throw new BadData("no such distance");
            copy(DISTANCE_BASES[code] + bits(DISTANCE_BITS[code]), count);
        }
    }

    private void copy(int distance, int count) {
        if (distance > length) throw new BadData("too far back: " + distance);
        if (distance > windowBytes) beyondWindow = true;
        for (int i = 0; i < count; i++) {
            emit(out[length - distance]);
        }
    }

    private void emit(byte value) {
        if (length - window.length >= mostBytes) throw new BadData("too long");
        if (length == out.length) out = Arrays.copyOf(out, Math.max(64, 2 * length));
        out[length++] = value;
    }

    private int bits(int count) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            if (bit == 8L * inBytes) {
                ranOut = true;
                throw new BadData("the data ends inside a block");
            }
            value |= (in[(int) (bit / 8)] >> (bit % 8) & 1) << i;
            bit++;
        }
        return value;
    }

    private void skipBits(int count) {
        for (int i = 0; i < count; i++) {
            bits(1);
        }
    }

    private int symbol(Code code) {
        int value = 0;
        for (int bits = 1; bits <= Math.max(1, code.longest); bits++) {
            value = (value << 1) | bits(1);
            int index = value - code.first[bits];
            if (index >= 0 && index < code.counts[bits]) return code.symbols[code.offsets[bits] + index];
        }
        throw new BadData("no such code");
    }

    private static Code fixedLiterals() {
        int[] lengths = filled(288, 8);
        Arrays.fill(lengths, 144, 256, 9);
        Arrays.fill(lengths, 256, 280, 7);
        return new Code(lengths, false);
    }

    private static int[] filled(int count, int value) {
        int[] values = new int[count];
        Arrays.fill(values, value);
        return values;
    }

    /** A prefix code made of its codes' lengths (RFC 1951 §3.2.2). */
    private static final class Code {
        static final int MAX_BITS = 15;

        final int[] counts = new int[MAX_BITS + 1];
        final int[] first = new int[MAX_BITS + 1];
        final int[] offsets = new int[MAX_BITS + 1];
        final int[] symbols;
        final int longest;

        /** @param mustBeComplete false where a single code of one bit may stand alone, or none at all (§3.2.7) */
        Code(int[] lengths, boolean mustBeComplete) {
            for (int bits : lengths) {
                counts[bits]++;
            }
            counts[0] = 0;
            int next = 0;
            int used = 0;
            int most = 0;
            for (int bits = 1; bits <= MAX_BITS; bits++) {
                next = (next + counts[bits - 1]) << 1;
                first[bits] = next;
                offsets[bits] = offsets[bits - 1] + counts[bits - 1];
                used += counts[bits] << (MAX_BITS - bits);
                if (counts[bits] > 0) most = bits;
            }
            longest = most;
            symbols = sorted(lengths);
            if (used > 1 << MAX_BITS) throw new BadData("more codes than there are");
            if (used < 1 << MAX_BITS && (mustBeComplete || longest > 1)) {
                throw new BadData("fewer codes than there are");
            }
        }

        private int[] sorted(int[] lengths) {
            int[] places = offsets.clone();
            int[] all = new int[lengths.length];
            for (int symbol = 0; symbol < lengths.length; symbol++) {
                if (lengths[symbol] > 0) all[places[lengths[symbol]]++] = symbol;
            }
            return all;
        }
    }
}
