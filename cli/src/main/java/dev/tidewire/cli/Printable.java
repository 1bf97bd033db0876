package dev.tidewire.cli;

import dev.tidewire.protocol.Opcode;
import dev.tidewire.server.Frame;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Data of strangers made fit for a terminal. */
final class Printable {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    private static final int MAX_HEX_BYTES = 64;

    private Printable() {}

    /** A message on one line: text as {@link #line} has it, binary data as it is when it reads as text, else {@link #hex}. */
    static String message(Frame frame) {
        return frame.opcode() == Opcode.TEXT || isText(frame.bytes()) ? line(frame.text()) : hex(frame.bytes());
    }

    /** The text as it is, but for control characters, which could move the cursor or forge a line: those as {@code \x0a}. */
    static String line(String text) {
        return escaped(text, "");
    }

    /** As {@link #line}, with line breaks and tabs left in. */
    static String lines(String text) {
        return escaped(text, "\n\t");
    }

    /** Bytes as {@code de ad be ef (4 bytes)}, of many only the first. */
    static String hex(byte[] bytes) {
        int shown = Math.min(bytes.length, MAX_HEX_BYTES);
        String cut = shown < bytes.length ? " ..." : "";
        return HEX.formatHex(bytes, 0, shown) + cut + " (" + bytes.length + (bytes.length == 1 ? " byte)" : " bytes)");
    }

    /** True for UTF-8 without control characters. */
    private static boolean isText(byte[] bytes) {
        try {
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return text.chars().noneMatch(Character::isISOControl);
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    private static String escaped(String text, String kept) {
        if (text.chars().noneMatch(Character::isISOControl)) return text;
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.chars().forEach(c -> {
            if (Character.isISOControl(c) && kept.indexOf(c) < 0) escaped.append("\\x%02x".formatted(c));
            else escaped.append((char) c);
        });
        return escaped.toString();
    }
}
