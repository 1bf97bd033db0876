package dev.tidewire.verification.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tidewire.verification.conformance.WireFrame.Mask;
import dev.tidewire.verification.conformance.WireFrame.Width;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A frame in the words of a table, such as {@code text.. rsv=4 "Hel" <ff>}; docs/conformance.md has the grammar. */
final class FrameText {
    private static final Map<String, Integer> OPCODES =
            Map.of("cont", 0, "text", 1, "binary", 2, "close", 8, "ping", 9, "pong", 10);
    private static final Pattern WORD = Pattern.compile("\"[^\"]*\"|<[^>]*>|\\S+");
    private static final Pattern NAME = Pattern.compile("([a-z]+)([0-9]*)(\\.\\.)?(?:/([0-9]+))?");
    private static final Pattern DEFLATED_FRAGMENTS = Pattern.compile("(text|binary)(?:/([0-9]+))?(.*)");
    private static final Pattern FILLER = Pattern.compile("(ascii|utf8|bytes|zeros)\\*([0-9]+)");

    /** Characters of one to four bytes. */
    private static final byte[] ALPHABET = "aß水𝄞z".getBytes(UTF_8);

    private final List<String> words;
    private Mask mask = new Mask.Random();
    private int rsv;
    private @Nullable Width width;
    private @Nullable Long announced;

    private FrameText(List<String> words) {
        this.words = words;
    }

    /** The frame of this text, or its fragments. */
    static List<WireFrame> parse(String text) {
        return new FrameText(words(text)).frames();
    }

    /** The message of this text, to be compressed before it is cut into fragments. */
    static Step.SendDeflated parseDeflated(String text) {
        Matcher slash = DEFLATED_FRAGMENTS.matcher(text);
        if (!slash.matches()) throw malformed(text);
        int fragmentBytes = slash.group(2) == null ? Integer.MAX_VALUE : Integer.parseInt(slash.group(2));
        return new Step.SendDeflated(parse(slash.group(1) + slash.group(3)).getFirst(), fragmentBytes);
    }

    /** Words, strings in quotes and bytes in angle brackets. */
    static List<String> words(String text) {
        Matcher matcher = WORD.matcher(text);
        List<String> words = new ArrayList<>();
        while (matcher.find()) {
            words.add(matcher.group());
        }
        return words;
    }

    /** The bytes in {@code <ce ba>}. */
    static byte[] hex(String word) {
        return HexFormat.of().parseHex(word.substring(1, word.length() - 1).replace(" ", ""));
    }

    private List<WireFrame> frames() {
        Matcher name = NAME.matcher(words.getFirst());
        if (!name.matches()) throw malformed(words.getFirst());
        int opcode = opcode(name.group(1), name.group(2));
        boolean fin = name.group(3) == null;
        byte[] payload = payload(opcode, flags());
        WireFrame frame = new WireFrame(
                (fin ? 0x80 : 0) | rsv << 4 | opcode,
                mask,
                width == null ? Width.shortest(announced == null ? payload.length : announced) : width,
                announced == null ? payload.length : announced,
                payload);
        return name.group(4) == null ? List.of(frame) : frame.inFragmentsOf(Integer.parseInt(name.group(4)));
    }

    private static int opcode(String name, String number) {
        if (name.equals("op")) return Integer.parseInt(number);
        Integer opcode = OPCODES.get(name);
        if (opcode == null || !number.isEmpty()) throw malformed(name + number);
        return opcode;
    }

    /** Takes the words that are flags, and returns where the payload begins. */
    private int flags() {
        int i = 1;
        while (i < words.size() && isFlag(words.get(i))) {
            i++;
        }
        return i;
    }

    private boolean isFlag(String word) {
        int equals = word.indexOf('=');
        String value = word.substring(equals + 1);
        switch (equals < 0 ? word : word.substring(0, equals)) {
            case "unmasked" -> mask = new Mask.Absent();
            case "key" -> mask = new Mask.Key(Integer.parseUnsignedInt(value, 16));
            case "rsv" -> rsv = Integer.parseInt(value);
            case "width" -> width = value.equals("2") ? Width.TWO_BYTES : Width.EIGHT_BYTES;
            case "announce" -> announced = Long.parseUnsignedLong(value);
            default -> {
                return false;
            }
        }
        return true;
    }

    private byte[] payload(int opcode, int from) {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        for (String word : words.subList(from, words.size())) {
            payload.writeBytes(atom(opcode, word));
        }
        return payload.toByteArray();
    }

    private static byte[] atom(int opcode, String word) {
        if (word.startsWith("\"")) return word.substring(1, word.length() - 1).getBytes(UTF_8);
        if (word.startsWith("<")) return hex(word);
        Matcher filler = FILLER.matcher(word);
        if (filler.matches()) return filler(filler.group(1), Integer.parseInt(filler.group(2)));
        if (opcode == 8 && word.matches("[0-9]+")) {
            return ByteBuffer.allocate(2)
                    .putShort((short) Integer.parseInt(word))
                    .array();
        }
        throw malformed(word);
    }

    private static byte[] filler(String kind, int length) {
        byte[] bytes = new byte[length];
        switch (kind) {
            case "zeros" -> {}
            case "bytes" -> new Random(length).nextBytes(bytes);
            case "ascii" -> fill(bytes, "the quick brown fox jumps over the lazy dog. ".getBytes(UTF_8), length);
            default -> fill(bytes, ALPHABET, length / ALPHABET.length * ALPHABET.length);
        }
        return bytes;
    }

    /** Repeats {@code pattern} up to {@code end}, and fills what is left with dots. */
    private static void fill(byte[] bytes, byte[] pattern, int end) {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = i < end ? pattern[i % pattern.length] : (byte) '.';
        }
    }

    private static IllegalArgumentException malformed(String word) {
        return new IllegalArgumentException("not a part of a frame: " + word);
    }
}
