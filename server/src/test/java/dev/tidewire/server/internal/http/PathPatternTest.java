package dev.tidewire.server.internal.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathPatternTest {
    @ParameterizedTest(name = "{0} takes {1}: {2}")
    @CsvSource({
        "/,                    /,                  {}",
        "/chat,                /chat,              {}",
        "/chat,                /ch%61t,            {}",
        "/chat/{room},         /chat/7,            {room=7}",
        "/chat/{room},         /chat/a%20b,        {room=a b}",
        "/chat/{room},         /chat/a+b,          {room=a+b}",
        "/chat/{room},         /chat/a%2Fb,        {room=a/b}",
        "/chat/{room},         /chat/a%252Fb,      {room=a%2Fb}",
        "/{a}/x/{b},           /1/x/2,             '{a=1, b=2}'",
        "/files/{path...},     /files/a/b/c,       {path=a/b/c}",
        "/files/{path...},     /files/,            {path=}",
        "/files/{path...},     /files,             {path=}",
        "/{all...},            /,                  {all=}",
    })
    void findsParameters(String pattern, String path, String found) {
        assertThat(match(pattern, path)).hasToString(found);
    }

    @ParameterizedTest(name = "{0} does not take {1}")
    @CsvSource({
        "/,             /chat",
        "/chat,         /",
        "/chat,         /chat/",
        "/chat,         /Chat",
        "/chat/{room},  /chat",
        "/chat/{room},  /chat/",
        "/chat/{room},  /chat/1/2",
        "/chat/{room},  /other/1",
    })
    void takesNothingElse(String pattern, String path) {
        assertThat(match(pattern, path)).isNull();
    }

    @Test
    void aTargetThatIsNoPathHasNoSegments() {
        assertThat(PathPattern.segments("*")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "chat",
                "/{",
                "/a{b}",
                "/{a}b",
                "/{}",
                "/{1}",
                "/{a}/{a}",
                "/{a...}/b",
                "/{a..}",
                "/}",
                "/a?b=1",
                "/a#b",
                "/a/*",
                "/**/b"
            })
    void refusesWhatIsNoPattern(String text) {
        assertThatThrownBy(() -> PathPattern.of(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theMoreParticularPatternComesFirst() {
        var sorted = new TreeSet<PathPattern>();
        Stream.of("/{all...}", "/{a}/b", "/a/{b}", "/a/b", "/a/{rest...}", "/a")
                .map(PathPattern::of)
                .forEach(sorted::add);

        assertThat(sorted)
                .extracting(PathPattern::toString)
                .containsExactly("/a/b", "/a/{b}", "/a/{rest...}", "/a", "/{a}/b", "/{all...}");
    }

    private static @Nullable Map<String, String> match(String pattern, String path) {
        return PathPattern.of(pattern).match(requireNonNull(PathPattern.segments(path)));
    }
}
