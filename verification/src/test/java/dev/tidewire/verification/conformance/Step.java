package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** One thing that happens on a connection, in the order of a row's lines. */
sealed interface Step {
    /** The client sends frames, whole or not. */
    record Send(List<WireFrame> frames) implements Step {}

    /**
     * The client sends a message that it compresses, as far as it may.
     *
     * @param fragmentBytes most compressed bytes in a frame
     */
    record SendDeflated(WireFrame message, int fragmentBytes) implements Step {}

    /** The client sends bytes that are no frame. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record SendRaw(byte[] bytes) implements Step {}

    /** The client ends its half of the stream. */
    record EndOurHalf() implements Step {}

    /** The server sends exactly these frames, in any order among themselves when there are several. */
    record Expect(List<Answer> answers) implements Step {}

    /** The server ends its half of the stream in order, having sent nothing more. */
    record ExpectEnd() implements Step {}

    /** What a server's frame must be. */
    sealed interface Answer {
        /** @param deflated true when {@code frame} was compressed; it is given as it was before */
        boolean fits(WireFrame frame, boolean deflated);

        /** Equal in every byte on the wire. */
        record Exactly(WireFrame expected) implements Answer {
            @Override
            public boolean fits(WireFrame frame, boolean deflated) {
                return !deflated && Arrays.equals(expected.fromServer(), frame.fromServer());
            }
        }

        /**
         * A message that the server compressed.
         *
         * @param always false when it may as well not be
         */
        record Deflated(WireFrame expected, boolean always) implements Answer {
            @Override
            public boolean fits(WireFrame frame, boolean deflated) {
                return (deflated || !always) && Arrays.equals(expected.fromServer(), frame.fromServer());
            }
        }

        /** A close frame with this code, whose reason ends with the rule or limit in parentheses. */
        record Failure(int closeCode, String rule) implements Answer {
            @Override
            public boolean fits(WireFrame frame, boolean deflated) {
                byte[] payload = frame.payload();
                if (frame.head() != 0x88 || payload.length < 2 || payload.length > 125) return false;
                String reason = new String(payload, 2, payload.length - 2, UTF_8);
                return ByteBuffer.wrap(payload).getShort() == closeCode
                        && reason.getBytes(UTF_8).length == payload.length - 2
                        && reason.endsWith(rule + ")");
            }
        }
    }
}
