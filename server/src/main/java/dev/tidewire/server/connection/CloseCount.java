package dev.tidewire.server.connection;

import dev.tidewire.server.connection.CloseEvent.Initiator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How many connections ended in one way.
 *
 * @param code      one of {@link #CODES}: a close code from 1000 to 1015, {@code 3xxx} and {@code 4xxx} for those of libraries
 *                  and applications, or {@code other}, whatever peers send
 * @param initiator who closed first
 * @param count     at least 1
 */
public record CloseCount(String code, Initiator initiator, long count) {
    /** All that {@link #code} can be, in order. */
    public static final List<String> CODES = Stream.concat(
                    IntStream.rangeClosed(1000, 1015).mapToObj(Integer::toString), Stream.of("3xxx", "4xxx", "other"))
            .toList();
}
