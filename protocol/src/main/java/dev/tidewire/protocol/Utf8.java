package dev.tidewire.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A check that bytes are UTF-8 (RFC 3629), in as many pieces as they arrive in; it fails at the first byte that no
 * continuation could make right.
 *
 * <p>It is a machine of nine states (Unicode's table of well-formed byte sequences, 3-7). A state's number is how far a
 * byte's row must be shifted to the right to find the next state, so a step is one load and one shift:
 *
 * <pre>
 *   state         00..7F    80..8F  90..9F  A0..BF  C2..DF  E0       E1..EC,EE,EF  ED       F0       F1..F3  F4
 *   COMPLETE      COMPLETE  -       -       -       LAST_1  AFTER_E0 LAST_2        AFTER_ED AFTER_F0 LAST_3  AFTER_F4
 *   LAST_1        -         COMPLETE .....  .....   -
 *   LAST_2        -         LAST_1  .....   .....   -
 *   LAST_3        -         LAST_2  .....   .....   -
 *   AFTER_E0      -         -       -       LAST_1  -       shorter forms exist below A0
 *   AFTER_ED      -         LAST_1  LAST_1  -       -       surrogates from A0
 *   AFTER_F0      -         -       LAST_2  LAST_2  -       shorter forms exist below 90
 *   AFTER_F4      -         LAST_2  -       -       -       over U+10FFFF from 90
 * </pre>
 */
final class Utf8 {
    /** Not in the middle of a character: where a message may begin and must end. */
    static final int COMPLETE = 0;

    /** No byte leads out of here again. */
    static final int INVALID = 6;

    private static final int LAST_1 = 12;
    private static final int LAST_2 = 18;
    private static final int LAST_3 = 24;
    private static final int AFTER_E0 = 30;
    private static final int AFTER_ED = 36;
    private static final int AFTER_F0 = 42;
    private static final int AFTER_F4 = 48;
    private static final int LAST_STATE = AFTER_F4;
    private static final int STATE_BITS = 6;
    private static final int STATE_MASK = (1 << STATE_BITS) - 1;

    private static final long[] NEXT_STATES = nextStates();

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** How far to walk before looking whether it is still worth it, and whether plain ASCII has come again. */
    private static final int STRIDE_BYTES = 16;

    private static final long NOT_ASCII = 0x8080_8080_8080_8080L;

    private Utf8() {}

    /**
     * Checks {@code bytes[from..to)}.
     *
     * @param state {@link #COMPLETE}, or what the call for the bytes before these returned
     * @return the state after these bytes: {@link #COMPLETE} at the end of a character, {@link #INVALID} for good once
     *     they cannot be UTF-8, another value inside a character
     */
    static int validate(int state, byte[] bytes, int from, int to) {
        int i = from;
        int now = state;
        while (now != INVALID) {
            if (now == COMPLETE) {
                i = skipAscii(bytes, i, to);
            }
            if (i > to - STRIDE_BYTES) {
                return walk(now, bytes, i, to);
            }
            now = walk(now, bytes, i, i + STRIDE_BYTES);
            i += STRIDE_BYTES;
        }
        return INVALID;
    }

    /** True when {@code bytes} are UTF-8 from beginning to end. */
    static boolean isValid(byte[] bytes) {
        return validate(COMPLETE, bytes, 0, bytes.length) == COMPLETE;
    }

    /** Where the first word that is not all ASCII begins, or what is too short to be a word. */
    private static int skipAscii(byte[] bytes, int from, int to) {
        int i = from;
        while (i <= to - 4 * Long.BYTES
                && ((word(bytes, i) | word(bytes, i + 8) | word(bytes, i + 16) | word(bytes, i + 24)) & NOT_ASCII)
                        == 0) {
            i += 4 * Long.BYTES;
        }
        while (i <= to - Long.BYTES && (word(bytes, i) & NOT_ASCII) == 0) {
            i += Long.BYTES;
        }
        return i;
    }

    private static long word(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    private static int walk(int state, byte[] bytes, int from, int to) {
        int now = state;
        for (int i = from; i < to; i++) {
            now = (int) (NEXT_STATES[bytes[i] & 0xFF] >>> now) & STATE_MASK;
        }
        return now;
    }

    private static long[] nextStates() {
        long[] rows = new long[256];
        for (int state = COMPLETE; state <= LAST_STATE; state += STATE_BITS) {
            rule(rows, state, 0x00, 0xFF, INVALID);
        }
        rule(rows, COMPLETE, 0x00, 0x7F, COMPLETE);
        rule(rows, COMPLETE, 0xC2, 0xDF, LAST_1);
        rule(rows, COMPLETE, 0xE0, 0xE0, AFTER_E0);
        rule(rows, COMPLETE, 0xE1, 0xEF, LAST_2);
        rule(rows, COMPLETE, 0xED, 0xED, AFTER_ED);
        rule(rows, COMPLETE, 0xF0, 0xF0, AFTER_F0);
        rule(rows, COMPLETE, 0xF1, 0xF3, LAST_3);
        rule(rows, COMPLETE, 0xF4, 0xF4, AFTER_F4);
        rule(rows, LAST_1, 0x80, 0xBF, COMPLETE);
        rule(rows, LAST_2, 0x80, 0xBF, LAST_1);
        rule(rows, LAST_3, 0x80, 0xBF, LAST_2);
        rule(rows, AFTER_E0, 0xA0, 0xBF, LAST_1);
        rule(rows, AFTER_ED, 0x80, 0x9F, LAST_1);
        rule(rows, AFTER_F0, 0x90, 0xBF, LAST_2);
        rule(rows, AFTER_F4, 0x80, 0x8F, LAST_2);
        return rows;
    }

    /** From {@code state}, each of the bytes {@code first..last} leads to {@code next}. */
    private static void rule(long[] rows, int state, int first, int last, int next) {
        for (int b = first; b <= last; b++) {
            rows[b] = (rows[b] & ~((long) STATE_MASK << state)) | ((long) next << state);
        }
    }
}
