package dev.tidewire.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderTokensTest {
    @Test
    void areAllElementsOfAllLinesInOrder() {
        assertThat(HeaderTokens.elements(List.of("a, b", "\t c\t,,d ,", "", " , ")))
                .containsExactly("a", "b", "c", "d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"upgrade", "Upgrade", "keep-alive, UPGRADE", "keep-alive ,\tUpgrade ,x"})
    void areFoundInAnyCaseAndPlace(String line) {
        assertThat(HeaderTokens.contains(List.of("te", line), "upgrade")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "upgrades", "up grade", "upgrade;q=1", "\u00a0upgrade"})
    void areNotFoundAsPartOfOthers(String line) {
        assertThat(HeaderTokens.contains(List.of(line), "upgrade")).isFalse();
    }

    @Test
    void areMadeOfTheCharactersThatHttpAllows() {
        String separators = "\"(),/:;<=>?@[\\]{}";
        for (char c = 0; c < 300; c++) {
            boolean allowed = c > ' ' && c < 0x7F && separators.indexOf(c) < 0;
            assertThat(HeaderTokens.isToken("a" + c))
                    .as("character %d", (int) c)
                    .isEqualTo(allowed);
        }
        assertThat(HeaderTokens.isToken("")).isFalse();
    }
}
