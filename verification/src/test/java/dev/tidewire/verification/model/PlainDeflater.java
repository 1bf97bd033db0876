package dev.tidewire.verification.model;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * DEFLATE with the fixed code of RFC 1951 §3.2.6, one block for each message (RFC 7692 §7.2.1). It keeps to any window, and looks
 * back as far as that allows, where the JDK's deflater knows only the largest one.
 */
public final class PlainDeflater {
    private static final int MIN_MATCH = 3;
    private static final int MAX_MATCH = 258;

    private final int windowBytes;
    private final boolean contextTakeover;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    /** All messages so far, or none of those that may not be referred to. */
    private byte[] said = {};

    /** Where three bytes, as one number, were last. */
    private final Map<Integer, Integer> lastSeen = new HashMap<>();

    private int pending;
    private int pendingBits;

    /** @param contextTakeover true when a message may refer to the one before */
    public PlainDeflater(int windowBits, boolean contextTakeover) {
        windowBytes = 1 << windowBits;
        this.contextTakeover = contextTakeover;
    }

    /** The payload of the frames that carry {@code message}. */
    public byte[] deflate(byte[] message) {
        if (!contextTakeover) forget();
        int from = said.length;
        said = Arrays.copyOf(said, from + message.length);
        System.arraycopy(message, 0, said, from, message.length);
        out.reset();
        bits(0b010, 3);
        encode(from);
        literalOrLength(256);
        bits(0, 3);
        bits(0, (8 - pendingBits) % 8);
        return out.toByteArray();
    }

    private void forget() {
        said = new byte[0];
        lastSeen.clear();
    }

    private void encode(int from) {
        for (int at = from; at < said.length; ) {
            Integer candidate = at + MIN_MATCH <= said.length ? lastSeen.put(three(at), at) : null;
            int match = candidate == null || at - candidate > windowBytes ? 0 : matchLength(candidate, at);
            if (match < MIN_MATCH || candidate == null) {
                literalOrLength(said[at++] & 0xFF);
                continue;
            }
            length(match);
            distance(at - candidate);
            at += match;
        }
    }

    private int three(int at) {
        return (said[at] & 0xFF) << 16 | (said[at + 1] & 0xFF) << 8 | (said[at + 2] & 0xFF);
    }

    private int matchLength(int from, int at) {
        int length = 0;
        while (length < MAX_MATCH && at + length < said.length && said[from + length] == said[at + length]) {
            length++;
        }
        return length;
    }

    private void length(int length) {
        int code = highestNotAbove(PlainInflater.LENGTH_BASES, length);
        literalOrLength(257 + code);
        bits(length - PlainInflater.LENGTH_BASES[code], PlainInflater.LENGTH_BITS[code]);
    }

    private void distance(int distance) {
        int code = highestNotAbove(PlainInflater.DISTANCE_BASES, distance);
        code(code, 5);
        bits(distance - PlainInflater.DISTANCE_BASES[code], PlainInflater.DISTANCE_BITS[code]);
    }

    private static int highestNotAbove(int[] bases, int value) {
        int i = bases.length - 1;
        while (bases[i] > value) {
            i--;
        }
        return i;
    }

    private void literalOrLength(int symbol) {
        if (symbol < 144) {
            code(0x30 + symbol, 8);
        } else if (symbol < 256) {
            code(0x190 + symbol - 144, 9);
        } else if (symbol < 280) {
            code(symbol - 256, 7);
        } else {
            code(0xC0 + symbol - 280, 8);
        }
    }

    /** Codes begin with their highest bit, all else with its lowest (RFC 1951 §3.1.1). */
    private void code(int value, int count) {
        bits(Integer.reverse(value) >>> (Integer.SIZE - count), count);
    }

    private void bits(int value, int count) {
        pending |= value << pendingBits;
        pendingBits += count;
        while (pendingBits >= 8) {
            out.write(pending);
            pending >>>= 8;
            pendingBits -= 8;
        }
    }
}
