package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The JDK's decoder says what is UTF-8; the JDK's encoder, given every character there is, what may still become it. */
class Utf8Test {
    private final CharsetDecoder decoder = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final CharBuffer decoded = CharBuffer.allocate(4096);

    @Test
    void agreesWithTheJdkOnEverySequenceOfOneToThreeBytes() {
        for (int length = 1; length <= 3; length++) {
            byte[] bytes = new byte[length];
            for (int i = 0; i < 1 << (8 * length); i++) {
                fill(bytes, i);
                if (Utf8.isValid(bytes) != jdkAccepts(bytes)) {
                    throw new AssertionError("differs from the JDK on " + Hex.of(bytes));
                }
            }
        }
    }

    @Test
    void failsAtTheFirstByteThatNothingCouldMakeRight() {
        BitSet[] beginnings = beginningsOfCharacters();
        for (int length = 1; length <= 3; length++) {
            byte[] bytes = new byte[length];
            for (int i = 0; i < 1 << (8 * length); i++) {
                fill(bytes, i);
                boolean inside = isInside(Utf8.validate(Utf8.COMPLETE, bytes, 0, length));
                if (leadsStraightOn(bytes) && inside != beginnings[length].get(i)) {
                    throw new AssertionError("wrong about what may follow " + Hex.of(bytes));
                }
            }
        }
    }

    @Test
    void agreesWithTheJdkOnRandomSequencesOfFourBytes() {
        Random random = new Random(6455);
        byte[] bytes = new byte[4];
        for (int i = 0; i < 2_000_000; i++) {
            random.nextBytes(bytes);
            bytes[0] = (byte) (0xF0 | bytes[0]);
            bytes[2] = (byte) (0x80 | (bytes[2] & 0x3F)); // otherwise hardly any would get to the last byte
            assertThat(Utf8.isValid(bytes)).isEqualTo(jdkAccepts(bytes));
        }
    }

    @Test
    void agreesWithTheJdkOnDamagedTextAtEverySplit() {
        Random random = new Random(3629);
        for (int round = 0; round < 2_000; round++) {
            byte[] bytes = Hex.utf8(randomText(random));
            if (round % 2 == 1) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            int whole = Utf8.validate(Utf8.COMPLETE, bytes, 0, bytes.length);
            assertThat(whole == Utf8.COMPLETE).as(Hex.of(bytes)).isEqualTo(jdkAccepts(bytes));
            for (int split = 0; split <= bytes.length; split++) {
                int half = Utf8.validate(Utf8.COMPLETE, bytes, 0, split);
                assertThat(Utf8.validate(half, bytes, split, bytes.length)).isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "c0,                overlong",
        "c1,                overlong",
        "e0 9f,             overlong",
        "f0 8f,             overlong",
        "ed a0,             surrogate",
        "ed bf,             surrogate",
        "f4 90,             over U+10FFFF",
        "f5,                over U+10FFFF",
        "ff,                never a byte of UTF-8",
        "80,                continuation without a beginning",
        "c3 28,             beginning without continuation",
        "e2 82 28,          beginning without continuation",
        "f0 90 80 28,       beginning without continuation",
    })
    void refusesAtOnce(String bytes, String because) {
        byte[] wrong = Hex.bytes(bytes);
        for (int before = 0; before < 70; before++) {
            byte[] text = new byte[before + wrong.length];
            System.arraycopy(wrong, 0, text, before, wrong.length);
            int untilLast = Utf8.validate(Utf8.COMPLETE, text, 0, text.length - 1);

            assertThat(untilLast).as(because).isNotEqualTo(Utf8.INVALID);
            assertThat(Utf8.validate(untilLast, text, text.length - 1, text.length))
                    .isEqualTo(Utf8.INVALID);
            assertThat(Utf8.validate(Utf8.COMPLETE, text, 0, text.length)).isEqualTo(Utf8.INVALID);
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"c3", "e2", "e2 82", "f0 90", "f0 90 80", "f4 8f 80"})
    void takesNoAsciiForTheRestOfACharacter(String beginning) {
        byte[] begun = Hex.bytes(beginning);
        int inside = Utf8.validate(Utf8.COMPLETE, begun, 0, begun.length);
        for (int length = 1; length < 70; length++) {
            assertThat(Utf8.validate(inside, Hex.utf8("a".repeat(length)), 0, length))
                    .isEqualTo(Utf8.INVALID);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 8, 9, 40, 100})
    void neverForgetsThatItHasFailed(int bytes) {
        assertThat(Utf8.validate(Utf8.INVALID, new byte[bytes], 0, bytes)).isEqualTo(Utf8.INVALID);
    }

    @Test
    void looksAtNothingOutsideTheRange() {
        byte[] bytes = Hex.bytes("ff 61626364 ff");

        assertThat(Utf8.validate(Utf8.COMPLETE, bytes, 1, 5)).isEqualTo(Utf8.COMPLETE);
    }

    private boolean jdkAccepts(byte[] bytes) {
        decoder.reset();
        decoded.clear();
        return decoder.decode(ByteBuffer.wrap(bytes), decoded, true).isUnderflow();
    }

    private static boolean isInside(int state) {
        return state != Utf8.COMPLETE && state != Utf8.INVALID;
    }

    /** True unless a character ends before the last byte, which sequences of other lengths have covered. */
    private static boolean leadsStraightOn(byte[] bytes) {
        for (int length = 1; length < bytes.length; length++) {
            if (Utf8.validate(Utf8.COMPLETE, bytes, 0, length) == Utf8.COMPLETE) {
                return false;
            }
        }
        return true;
    }

    /** By length, the sequences that begin a longer character. */
    private static BitSet[] beginningsOfCharacters() {
        BitSet[] beginnings = {new BitSet(), new BitSet(), new BitSet(), new BitSet()};
        for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
            if (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE) {
                byte[] character = Hex.utf8(Character.toString(codePoint));
                int sequence = 0;
                for (int length = 1; length < character.length; length++) {
                    sequence = sequence << 8 | (character[length - 1] & 0xFF);
                    beginnings[length].set(sequence);
                }
            }
        }
        return beginnings;
    }

    private static void fill(byte[] bytes, int sequence) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (sequence >>> (8 * (bytes.length - 1 - i)));
        }
    }

    /** Long stretches of ASCII with characters of all lengths between them, so that every path is taken. */
    private static String randomText(Random random) {
        int[] others = {0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
        StringBuilder text = new StringBuilder();
        for (int part = 0; part < 6; part++) {
            text.append("a".repeat(random.nextInt(45)));
            for (int i = random.nextInt(12); i >= 0; i--) {
                text.appendCodePoint(others[random.nextInt(others.length)]);
            }
        }
        return text.toString();
    }
}
