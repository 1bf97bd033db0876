package dev.tidewire.protocol.deflate;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Asks a library that does not say so whether a block has ended: with a final block that is stored (RFC 1951 §3.2.4). If it
 * begins between two blocks, its bytes come out and the stream ends; else never both. No peer knows these bytes. With a block
 * that it knew, it could end a message inside a block's codes, so that the question would be taken for the rest of them. And
 * if the first bit ends a block, the others of that byte begin a stored one, of the same bytes, but not a final one.
 */
final class EndOfBlock {
    static final int ANSWER_BYTES = 16;

    private static final byte[] ANSWER = new byte[ANSWER_BYTES];
    private static final byte[] HEADER = {1, ANSWER_BYTES, 0, ~ANSWER_BYTES, ~0};
    private static final byte[] QUESTION = Arrays.copyOf(HEADER, HEADER.length + ANSWER_BYTES);

    static {
        new SecureRandom().nextBytes(ANSWER);
        System.arraycopy(ANSWER, 0, QUESTION, HEADER.length, ANSWER_BYTES);
    }

    private EndOfBlock() {}

    /** What to inflate; it stays as it is. */
    static byte[] question() {
        return QUESTION;
    }

    /** True when {@code length} bytes came out, and they are those of the question. */
    static boolean isAnswer(byte[] bytes, int length) {
        return Arrays.equals(bytes, 0, length, ANSWER, 0, ANSWER_BYTES);
    }
}
