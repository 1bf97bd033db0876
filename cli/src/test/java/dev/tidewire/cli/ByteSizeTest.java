package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "1, 1, 1",
        "1023, 1023, 1023",
        "1024, 1024, 1k",
        "512k, 524288, 512k",
        "1536k, 1572864, 1536k",
        "64m, 67108864, 64m",
        "64M, 67108864, 64m",
        "1g, 1073741824, 1g",
        "2g, 2147483639, 2147483639"
    })
    void unitsArePowersOf1024(String written, int bytes, String shown) {
        ByteSize size = ByteSize.parse(written).orElseThrow();

        assertThat(size.bytes()).isEqualTo(bytes);
        assertThat(size).hasToString(shown);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "m", "3x", "1.5m", "3g", "9999999999g", "99999999999"})
    void anythingElseIsNoSize(String written) {
        assertThat(ByteSize.parse(written)).isEmpty();
    }
}
