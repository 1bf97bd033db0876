package dev.tidewire.verification.fuzz;

import java.util.Arrays;

/** What a fuzzer made up, taken from front to back: choices first, and the rest as it is. It gives zeros when it is at its end. */
final class Input {
    private final byte[] bytes;
    private int at;

    Input(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean isEmpty() {
        return at >= bytes.length;
    }

    /** 0 to 255. */
    int choice() {
        return isEmpty() ? 0 : bytes[at++] & 0xFF;
    }

    /** 0 to 65535. */
    int number() {
        return choice() << 8 | choice();
    }

    byte[] take(int most) {
        int to = Math.min(bytes.length, at + most);
        byte[] taken = Arrays.copyOfRange(bytes, at, to);
        at = to;
        return taken;
    }

    byte[] rest() {
        return take(bytes.length);
    }
}
