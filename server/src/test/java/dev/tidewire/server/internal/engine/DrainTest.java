package dev.tidewire.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DrainTest {
    @ParameterizedTest(name = "{0} connections in {1} s, at least {2} every {3} ms: {4} at a time")
    @CsvSource({
        "10000, 10, 100, 100, 200", // fifty batches in five seconds
        "10001, 10, 100, 100, 201", // the last one may be smaller, not later
        "50,    10, 100, 100, 100", // as few as these need no patience
        "5000,  10, 100, 100, 100",
        "9,     10, 1,   5000, 9", // one batch fits
        "9,     10, 1,   9000, 9", // none fits
        "9,     0,  1,   100, 9",
        "0,     10, 7,   100, 7"
    })
    void batchesFillTheFirstHalfOfTheTime(int connections, long seconds, int least, long millis, int batch) {
        Drain drain = Drain.over(Duration.ofSeconds(seconds), connections, least, Duration.ofMillis(millis));

        assertThat(drain).isEqualTo(new Drain(batch, Duration.ofMillis(millis).toNanos()));
    }
}
