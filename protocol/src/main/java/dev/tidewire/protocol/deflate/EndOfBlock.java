package dev.tidewire.protocol.deflate;

import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Asks a library that does not say so whether a block has ended: with a final block that is stored (RFC 1951 §3.2.4), whose
 * bytes come out alone if it begins between two blocks. No peer knows them. With a block that it knew, it could end a
 * message inside the codes of a block, so that the question would be taken for the rest of them.
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

    /** True when the first {@code length} bytes are all that comes out between two blocks. */
    static boolean isAnswer(byte[] bytes, int length) {
        return Arrays.equals(bytes, 0, length, ANSWER, 0, ANSWER_BYTES);
    }
}
