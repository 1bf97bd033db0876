package dev.tidewire.verification.model;

/** UTF-8 by the grammar of RFC 3629 §4, one character after the other. */
public final class PlainUtf8 {
    private PlainUtf8() {}

    /** True when {@code bytes} are UTF-8, but for a last character that may be unfinished. */
    public static boolean mayBecomeValid(byte[] bytes) {
        return valid(bytes, true);
    }

    /** True when {@code bytes} are UTF-8 from beginning to end. */
    public static boolean isValid(byte[] bytes) {
        return valid(bytes, false);
    }

    private static boolean valid(byte[] bytes, boolean mayEndInside) {
        int at = 0;
        while (at < bytes.length) {
            int first = bytes[at] & 0xFF;
            int length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
            if ((first >= 0x80 && first < 0xC2) || first > 0xF4) return false;
            for (int i = 1; i < length; i++) {
                if (at + i == bytes.length) return mayEndInside;
                int next = bytes[at + i] & 0xFF;
                if (i == 1 ? !maySecond(first, next) : !tail(next)) return false;
            }
            at += length;
        }
        return true;
    }

    private static boolean maySecond(int first, int second) {
        return switch (first) {
            case 0xE0 -> second >= 0xA0 && second <= 0xBF;
            case 0xED -> second >= 0x80 && second <= 0x9F;
            case 0xF0 -> second >= 0x90 && second <= 0xBF;
            case 0xF4 -> second >= 0x80 && second <= 0x8F;
            default -> tail(second);
        };
    }

    private static boolean tail(int next) {
        return next >= 0x80 && next <= 0xBF;
    }
}
