package dev.tidewire.protocol.deflate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Messages of every kind of length, as easy and as hard to compress as can be. */
final class Samples {
    private Samples() {}

    static List<byte[]> ofLengths(int... lengths) {
        return Arrays.stream(lengths)
                .boxed()
                .flatMap(length -> Stream.of(json(length), random(length, length)))
                .toList();
    }

    static byte[] json(int length) {
        Random random = new Random(length);
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < length; i++) {
            text.append("{\"id\":%d,\"name\":\"sensor-%d\",\"values\":[%d,%d],\"ok\":true},"
                    .formatted(i, i % 10, random.nextInt(100), random.nextInt(100)));
        }
        return text.substring(0, length).getBytes(US_ASCII);
    }

    static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
