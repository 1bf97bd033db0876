package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6455 §9.1, by the rules for lists, quotes and white space of RFC 2616 §2. */
class ExtensionHeaderTest {
    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource(
            quoteCharacter = '\u0000',
            delimiter = '>',
            value = {
                "foo                               > foo",
                "foo, bar                          > foo | bar",
                "foo,bar;baz                       > foo | bar(baz)",
                "foo|bar, foo                      > foo | bar | foo",
                "foo; a=1; b; c=\"2\"              > foo(a=1 b c=2)",
                "foo;a=\"\\1\\0\"                  > foo(a=10)",
                "foo; a; a=1; a                    > foo(a a=1 a)",
                " , ,foo,, bar ,                   > foo | bar",
                "|foo                              > foo",
                "foo ; a = 1 ,\tbar ;b             > foo(a=1) | bar(b)",
                "foo;a =\t\"1\" ;b                 > foo(a=1 b)",
                "!#$%&'*+-.^_`~09AZaz              > !#$%&'*+-.^_`~09AZaz",
                "Foo; A=B                          > Foo(A=B)",
            })
    void readsOffersInTheirOrder(String lines, String offers) {
        assertThat(parse(lines).map(ExtensionHeaderTest::written)).contains(offers);
    }

    @Test
    void readsNothingWhereThereIsNoSuchHeader() {
        assertThat(ExtensionHeader.parse(List.of())).contains(List.of());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ",",
                ", ,|,",
                ";",
                ";a",
                "foo;",
                "foo; ,bar",
                "foo;;a",
                "foo; =1",
                "foo; a=",
                "foo; a=,bar",
                "foo; a=1=2",
                "foo; a 1",
                "foo bar",
                "foo=1",
                "foo/1",
                "foo; a/1",
                "foo; a=1/2",
                "foo; a=\"1 2\"",
                "foo; a=\"\"",
                "foo; a=\"1",
                "foo; a=\"1\\",
                "foo; a=\"1\\\"",
                "foo; a=\"1\"2",
                "foo; a=\"b|c\"",
                "\"foo\"",
                "foo; \"a\"=1",
                "foo; a='1'; b=é",
                "foo, bär",
                "foo(comment)",
                "foo|bar;",
            })
    void refusesWhatIsNotAList(String lines) {
        assertThat(parse(lines)).isEmpty();
    }

    /** A bar stands for the end of a header line. */
    private static Optional<List<ExtensionOffer>> parse(String lines) {
        return ExtensionHeader.parse(List.of(lines.split("\\|", -1)));
    }

    private static String written(List<ExtensionOffer> offers) {
        return offers.stream().map(ExtensionHeaderTest::written).collect(Collectors.joining(" | "));
    }

    private static String written(ExtensionOffer offer) {
        if (offer.parameters().isEmpty()) {
            return offer.name();
        }
        return offer.parameters().stream()
                .map(parameter -> parameter.name()
                        + parameter.value().map(value -> "=" + value).orElse(""))
                .collect(Collectors.joining(" ", offer.name() + "(", ")"));
    }
}
