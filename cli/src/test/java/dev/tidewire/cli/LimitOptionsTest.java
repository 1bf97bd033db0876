package dev.tidewire.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.server.options.OverRate;
import dev.tidewire.server.options.ServerOptions;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LimitOptionsTest {
    private static ServerOptions options(String... words) {
        Arguments arguments = Arguments.all(LimitOptions.OPTIONS, List.of(words));
        return new LimitOptions(arguments)
                .put(ServerOptions.builder("localhost", 0))
                .build();
    }

    @Test
    void eachFlagSetsTheOptionOfItsName() {
        ServerOptions options = options(
                "--max-connections=1",
                "--max-connections-per-address=2",
                "--max-connections-per-second=3",
                "--max-messages-per-second=4",
                "--max-bytes-per-second=5k",
                "--over-rate=close",
                "--ping-interval=6",
                "--pong-timeout=7",
                "--max-idle-time=8",
                "--max-lifetime=9");

        assertThat(options.maxConnections()).isEqualTo(OptionalInt.of(1));
        assertThat(options.maxConnectionsPerAddress()).isEqualTo(2);
        assertThat(options.maxConnectionsPerSecond()).isEqualTo(3);
        assertThat(options.maxMessagesPerSecond()).isEqualTo(4);
        assertThat(options.maxBytesPerSecond()).isEqualTo(5 << 10);
        assertThat(options.overRate()).isEqualTo(OverRate.CLOSE);
        assertThat(options.pingInterval()).isEqualTo(Duration.ofSeconds(6));
        assertThat(options.pongTimeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(options.maxIdleTime()).isEqualTo(Duration.ofSeconds(8));
        assertThat(options.maxLifetime()).isEqualTo(Duration.ofSeconds(9));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--max-messages-per-second=4", "--max-bytes-per-second=5k"})
    void eitherRateIsEnoughForOverRate(String rate) {
        assertThat(options(rate, "--over-rate=close").overRate()).isEqualTo(OverRate.CLOSE);
    }

    @Test
    void whatIsNotAskedForStaysAsItIs() {
        ServerOptions defaults = ServerOptions.of("localhost", 0);

        ServerOptions options = options();

        assertThat(options.maxConnections()).isEqualTo(defaults.maxConnections());
        assertThat(options.pingInterval()).isEqualTo(defaults.pingInterval());
        assertThat(options.overRate()).isEqualTo(defaults.overRate());
    }

    @ParameterizedTest
    @CsvSource({
        "--max-connections, 0, 2147483647",
        "--max-connections-per-address, 0, 2147483647",
        "--max-connections-per-second, 0, 1000000000",
        "--max-messages-per-second, 0, 1000000000",
        "--max-bytes-per-second, 0, 1000000000",
        "--ping-interval, 0, 31536000",
        "--pong-timeout, 1, 31536000",
        "--max-idle-time, 0, 31536000",
        "--max-lifetime, 0, 31536000",
    })
    void bothEndsOfEachRangeAreTaken(String flag, String least, String most) {
        options(flag, least);
        options(flag, most);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--max-connections             | -1         | must be 0 to 2147483647 connections, was -1",
                "--max-connections-per-address | -1         | must be 0 to 2147483647 connections, was -1",
                "--max-connections-per-second  | 1000000001 | must be 0 to 1000000000 connections, was 1000000001",
                "--max-messages-per-second     | 1000000001 | must be 0 to 1000000000 messages, was 1000000001",
                "--max-bytes-per-second        | 2g         | must be 0 to 1000000000 bytes, such as 512k or 10m, was '2g'",
                "--max-bytes-per-second        | 3g         | must be 0 to 1000000000 bytes, such as 512k or 10m, was '3g'",
                "--max-bytes-per-second        | -1         | must be 0 to 1000000000 bytes, such as 512k or 10m, was '-1'",
                "--over-rate                   | drop       | must be one of pause, close, was 'drop'",
                "--ping-interval               | -1         | must be 0 to 31536000 seconds, was -1",
                "--ping-interval               | 5m         | must be 0 to 31536000 seconds, was '5m'",
                "--pong-timeout                | 0          | must be 1 to 31536000 seconds, was 0",
                "--max-idle-time               | 31536001   | must be 0 to 31536000 seconds, was 31536001",
                "--max-lifetime                | -1         | must be 0 to 31536000 seconds, was -1",
            })
    void whatIsOutOfRangeIsNamedWithUnitAndRange(String flag, String value, String sentence) {
        assertThatThrownBy(() -> options(flag, value))
                .isInstanceOf(Misuse.class)
                .hasMessageContaining(flag)
                .hasMessageContaining(sentence);
    }
}
