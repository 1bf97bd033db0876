package dev.tidewire.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * An HTTP response as a {@link RawClient} read it.
 *
 * @param status  the number in its first line
 * @param headers names in lower case, each with its values in the order they came
 * @param body    the array itself, not a copy; empty when there is none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its parts, never as a whole
public record RawResponse(int status, Map<String, List<String>> headers, byte[] body) {
    /** The first value of a header; names have no case. */
    public Optional<String> header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()).stream()
                .findFirst();
    }

    /** The body read as UTF-8. */
    public String text() {
        return new String(body, UTF_8);
    }

    /** Status and headers, and how long the body is. */
    @Override
    public String toString() {
        return "RawResponse[status=" + status + ", headers=" + headers + ", bytes=" + body.length + "]";
    }
}
