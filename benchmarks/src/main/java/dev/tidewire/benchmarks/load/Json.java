package dev.tidewire.benchmarks.load;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Documents as applications send them: much of one is like the rest of it, and like the next. */
final class Json {
    private static final String[] NAMES = {"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"};
    private static final String[] WORDS = {
        "hello", "there", "how", "are", "you", "today", "fine", "thanks", "see", "later"
    };

    private Json() {}

    /** A document of {@code atLeastBytes} and a little more. */
    static byte[] document(int atLeastBytes, Random random) {
        StringBuilder json = new StringBuilder("{\"type\":\"messages\",\"items\":[");
        while (json.length() < atLeastBytes - 2) {
            json.append("{\"id\":").append(random.nextInt(1_000_000));
            json.append(",\"from\":\"").append(any(NAMES, random));
            json.append("\",\"at\":").append(1_700_000_000_000L + random.nextInt(1_000_000_000));
            json.append(",\"text\":\"");
            for (int i = 0; i < 6; i++) {
                json.append(any(WORDS, random)).append(i < 5 ? " " : "");
            }
            json.append("\"},");
        }
        json.setCharAt(json.length() - 1, ']');
        return json.append('}').toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static String any(String[] words, Random random) {
        return words[random.nextInt(words.length)];
    }
}
