package dev.tidewire.server.options;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SwooleSettingsTest {
    private static final Path PARITY = Path.of("../docs/swoole-parity.md");
    private static final Pattern NAME = Pattern.compile("`([a-z0-9_*]+)`");
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    /** Settings, and what they come to. */
    record Row(Map<String, Object> settings, Function<ServerOptions, Object> option, Object value) {
        @Override
        public String toString() {
            return settings + " is " + value;
        }
    }

    private static Row row(Map<String, Object> settings, Function<ServerOptions, Object> option, Object value) {
        return new Row(settings, option, value);
    }

    static Stream<Row> rows() {
        ServerOptions defaults = ServerOptions.of("localhost", 0);
        return Stream.of(
                row(Map.of("worker_num", 3), ServerOptions::threads, 3),
                row(Map.of("worker_num", 3, "reactor_num", 2), ServerOptions::threads, 2),
                row(Map.of("worker_num", 3, "single_thread", true), ServerOptions::threads, 1),
                row(Map.of("worker_num", 3, "single_thread", false), ServerOptions::threads, 3),
                row(Map.of("max_concurrency", 7L), ServerOptions::dispatch, Dispatch.virtual(7)),
                row(Map.of("worker_max_concurrency", 5), ServerOptions::dispatch, Dispatch.virtual(5 * PROCESSORS)),
                row(
                        Map.of("worker_max_concurrency", 5, "worker_num", 2, "max_concurrency", 100),
                        ServerOptions::dispatch,
                        Dispatch.virtual(10)),
                row(Map.of("enable_coroutine", true), ServerOptions::dispatch, Dispatch.VIRTUAL),
                row(Map.of("max_wait_time", 3), ServerOptions::shutdownTimeout, Duration.ofSeconds(3)),
                row(Map.of("task_worker_num", 4), ServerOptions::taskWorkers, 4),
                row(Map.of("task_worker_num", 0), ServerOptions::taskWorkers, defaults.taskWorkers()),
                row(Map.of("backlog", 128), ServerOptions::backlog, 128),
                row(Map.of("max_conn", 9), ServerOptions::maxConnections, OptionalInt.of(9)),
                row(Map.of("max_connection", 9), ServerOptions::maxConnections, OptionalInt.of(9)),
                row(Map.of("enable_reuse_port", 1), ServerOptions::reusePort, true),
                row(Map.of("tcp_user_timeout", 1500), ServerOptions::writeTimeout, Duration.ofMillis(1500)),
                row(Map.of("open_tcp_nodelay", true, "backlog", 2), ServerOptions::backlog, 2),
                row(Map.of("package_max_length", 65_536), ServerOptions::maxMessageBytes, 65_536),
                row(Map.of("package_max_length", "2M"), ServerOptions::maxRequestBodyBytes, 2 << 20),
                row(
                        Map.of("open_length_check", true),
                        ServerOptions::framing,
                        TcpFraming.lengthField(LengthType.UINT32, 0, 4)),
                row(
                        Map.of(
                                "open_length_check",
                                true,
                                "package_length_type",
                                "n",
                                "package_length_offset",
                                2,
                                "package_body_offset",
                                6),
                        ServerOptions::framing,
                        TcpFraming.lengthField(LengthType.UINT16, 2, 6)),
                row(
                        Map.of("open_length_check", true, "package_body_start", 0),
                        ServerOptions::framing,
                        TcpFraming.lengthField(LengthType.UINT32, 0, 0)),
                row(Map.of("open_length_check", false), ServerOptions::framing, TcpFraming.NONE),
                row(Map.of("open_eof_check", true), SwooleSettingsTest::delimiterLength, 4),
                row(Map.of("open_eof_split", true, "package_eof", "\n"), SwooleSettingsTest::delimiterLength, 1),
                row(Map.of("heartbeat_idle_time", 600), ServerOptions::heartbeatIdleTime, Duration.ofMinutes(10)),
                row(Map.of("heartbeat_check_interval", 30), ServerOptions::heartbeatIdleTime, Duration.ofMinutes(1)),
                row(
                        Map.of("heartbeat_check_interval", 30, "heartbeat_idle_time", 45),
                        ServerOptions::heartbeatIdleTime,
                        Duration.ofSeconds(45)),
                row(Map.of("worker_num", "4"), ServerOptions::threads, 4),
                row(Map.of("heartbeat_idle_time", "600"), ServerOptions::heartbeatIdleTime, Duration.ofMinutes(10)),
                row(Map.of("max_idle_time", "1.5"), ServerOptions::maxIdleTime, Duration.ofMillis(1500)),
                row(Map.of("enable_reuse_port", "1"), ServerOptions::reusePort, true),
                row(Map.of("enable_reuse_port", "True"), ServerOptions::reusePort, true),
                row(Map.of("enable_reuse_port", "0"), ServerOptions::reusePort, false),
                row(Map.of("websocket_compression", "false"), ServerOptions::compression, DeflatePolicy.OFF),
                row(Map.of("max_idle_time", 1.5), ServerOptions::maxIdleTime, Duration.ofMillis(1500)),
                row(Map.of("socket_buffer_size", "8m"), ServerOptions::maxQueuedBytes, 8 << 20),
                row(Map.of("output_buffer_size", 1 << 20), ServerOptions::maxQueuedBytes, 1 << 20),
                row(
                        Map.of("buffer_output_size", 1 << 20, "socket_buffer_size", 2 << 20),
                        ServerOptions::maxQueuedBytes,
                        2 << 20),
                row(Map.of("buffer_high_watermark", 900), ServerOptions::highQueuedBytes, 900),
                row(Map.of("buffer_high_watermark", 900), ServerOptions::lowQueuedBytes, 0),
                row(
                        Map.of("buffer_high_watermark", 900, "buffer_low_watermark", 100),
                        ServerOptions::lowQueuedBytes,
                        100),
                row(Map.of("max_queued_bytes", 4096), ServerOptions::maxPendingBytes, 4096),
                row(
                        Map.of("ssl_cert_file", "cert.pem", "ssl_key_file", "key.pem"),
                        options -> options.tls().orElseThrow().certificates().size(),
                        1),
                row(
                        Map.of(
                                "ssl_cert_file",
                                Path.of("cert.pem"),
                                "ssl_key_file",
                                "key.pem",
                                "ssl_verify_peer",
                                true,
                                "ssl_client_cert_file",
                                "ca.pem"),
                        options -> options.tls().orElseThrow().clientAuth(),
                        ClientAuth.REQUIRED),
                row(
                        Map.of(
                                "ssl_cert_file",
                                "cert.pem",
                                "ssl_key_file",
                                "key.pem",
                                "ssl_verify_peer",
                                false,
                                "ssl_client_cert_file",
                                "ca.pem"),
                        options -> options.tls().orElseThrow().trustedClients(),
                        Optional.empty()),
                row(Map.of("websocket_subprotocol", "chat.v1"), ServerOptions::subprotocols, List.of("chat.v1")),
                row(Map.of("websocket_compression", true), ServerOptions::compression, DeflatePolicy.SHARED),
                row(Map.of("websocket_compression", false), ServerOptions::compression, DeflatePolicy.OFF),
                row(Map.of("open_websocket_ping_frame", false, "backlog", 1), ServerOptions::backlog, 1));
    }

    private static Object delimiterLength(ServerOptions options) {
        return options.framing() instanceof TcpFraming.Delimiter delimiter ? delimiter.length() : options.framing();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void aSettingSetsTheOptionThatMeansTheSame(Row row) {
        assertThat(row.option().apply(ServerOptions.fromSwoole("localhost", 0, row.settings())))
                .isEqualTo(row.value());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wroker_num              | 4      | wroker_num is no setting of Swoole's server that is known here; is it worker_num?",
                "swordfish               | 4      | swordfish is no setting of Swoole's server that is known here",
                "worker_num              | 0      | worker_num => 0: threads must be positive, was 0",
                "worker_num              | -1     | worker_num => -1: must be 0 to 2147483647",
                "worker_num              | four   | worker_num => four: must be a whole number",
                "worker_num              | 1.5    | worker_num => 1.5: must be a whole number",
                "max_conn                | 0      | max_conn => 0: must be at least 1",
                "max_concurrency         | 0      | max_concurrency => 0: maxConcurrentHandlers must be at least 1, was 0",
                "package_max_length      | 2MB    | package_max_length => 2MB: must be a number of bytes, or one with K, M or G behind it",
                "package_max_length      | 2G     | package_max_length => 2G: must be 0 to 2147483647",
                "heartbeat_idle_time     | -1     | heartbeat_idle_time => -1: must be a number of seconds, 0 to 365 days",
                "heartbeat_idle_time     | 31536001 | heartbeat_idle_time => 31536001: must be a number of seconds, 0 to 365 days",
                "heartbeat_idle_time     | soon   | heartbeat_idle_time => soon: must be a number of seconds, 0 to 365 days",
                "tcp_user_timeout        | soon   | tcp_user_timeout => soon: must be a number of milliseconds, 0 to 365 days",
                "enable_reuse_port       | yes    | enable_reuse_port => yes: must be true or false",
                "enable_reuse_port       | 2      | enable_reuse_port => 2: must be true or false",
                "websocket_subprotocol   | 7      | websocket_subprotocol => 7: must be a text",
                "package_length_type     | N      | package_length_type => N: needs open_length_check",
                "buffer_low_watermark    | 7      | buffer_low_watermark => 7: needs buffer_high_watermark",
                "ssl_key_file            | k.pem  | ssl_key_file => k.pem: needs ssl_cert_file",
                "ssl_cert_file           | c.pem  | ssl_cert_file => c.pem: needs ssl_key_file",
                "open_tcp_nodelay        | false  | open_tcp_nodelay => false: it is always on",
                "open_websocket_ping_frame | true | open_websocket_ping_frame => true: on(PING, handler) hears of pings; the server answers them",
                "open_http2_protocol     | true   | open_http2_protocol => true: HTTP/2 is not spoken here",
                "daemonize               | true   | daemonize => true: the system's service manager does that",
                "dispatch_mode           | 2      | dispatch_mode => 2: a connection's events are always in order, on one lane; where they run is dispatch(Dispatch)",
                "document_root           | /www   | document_root => /www: a web server or a CDN serves files",
            })
    void whatCannotBeHadIsNamedWithItsValueAndTheReason(String name, String value, String message) {
        assertThatThrownBy(() -> ServerOptions.fromSwoole("localhost", 0, Map.of(name, typed(value))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    /** As PHP would have it. */
    private static Object typed(String value) {
        if (value.matches("true|false")) return Boolean.valueOf(value);
        if (value.matches("-?\\d+")) return Integer.valueOf(value);
        return value.matches("\\d+\\.\\d+") ? Double.valueOf(value) : value;
    }

    @Test
    void nothingIsNoValue() {
        assertThatThrownBy(() -> ServerOptions.fromSwoole("localhost", 0, Collections.singletonMap("worker_num", null)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("worker_num => null: must not be null");
    }

    @Test
    void whatBelongsToAnotherSettingIsNamedByItself() {
        assertThatThrownBy(() -> ServerOptions.fromSwoole(
                        "localhost", 0, Map.of("open_length_check", true, "package_length_type", "x")))
                .hasMessageStartingWith("package_length_type => x: a length type is one of");
        assertThatThrownBy(() ->
                        ServerOptions.fromSwoole("localhost", 0, Map.of("open_eof_check", true, "package_eof", "")))
                .hasMessage("package_eof => : a delimiter has 1 to 64 bytes, was 0");
        assertThatThrownBy(() -> ServerOptions.fromSwoole(
                        "localhost", 0, Map.of("open_eof_check", true, "open_length_check", true)))
                .hasMessage("open_length_check => true: a package has a length or an end, not both");
    }

    @Test
    void aListenerTakesSettingsOfItsOwnAndLeavesTheServersAlone() {
        ServerOptions server = ServerOptions.fromSwoole("localhost", 0, Map.of("backlog", 7));

        ServerOptions port = ListenerOptions.tcp()
                .with(options -> options.fromSwoole(Map.of("open_eof_split", true)))
                .over(server, "localhost", 0);

        assertThat(delimiterLength(port)).isEqualTo(4);
        assertThat(port.backlog()).isEqualTo(7);
        assertThat(server.framing()).isEqualTo(TcpFraming.NONE);
    }

    /** Each row of the table of options says what becomes of each setting in it, and no setting is in no row. */
    @Test
    void theTableOfOptionsIsTrue() throws IOException {
        Set<String> listed = new HashSet<>();
        for (String row : tableOfOptions()) {
            String[] cells = row.split("\\|", -1);
            String says = cells[5].strip();
            for (String name : namesIn(cells[1])) {
                Pattern pattern = Pattern.compile(name.replace("*", ".*"));
                Map<String, String> meant = new HashMap<>();
                SwooleSettings.all().forEach((known, setting) -> {
                    if (pattern.matcher(known).matches()) meant.put(known, kind(setting));
                });
                assertThat(meant).as(row).isNotEmpty();
                meant.keySet().removeIf(known -> !listed.add(known) && name.contains("*"));
                assertThat(meant)
                        .as(row)
                        .allSatisfy(
                                (known, kind) -> assertThat(entry(known, kind)).isEqualTo(entry(known, says)));
            }
        }
        assertThat(listed)
                .containsExactlyInAnyOrderElementsOf(SwooleSettings.all().keySet());
    }

    private static List<String> tableOfOptions() throws IOException {
        String all = Files.readString(PARITY);
        String options = all.substring(all.indexOf("## Options"), all.indexOf("## Classes"));
        return options.lines().filter(line -> line.startsWith("| `")).toList();
    }

    private static List<String> namesIn(String cell) {
        return NAME.matcher(cell).results().map(found -> found.group(1)).toList();
    }

    private static String kind(SwooleSettings.Setting setting) {
        return switch (setting) {
            case SwooleSettings.Sets sets -> "sets";
            case SwooleSettings.Part part -> "sets";
            case SwooleSettings.Only(boolean value, String why) -> Boolean.toString(value);
            case SwooleSettings.LeftOut leftOut -> "no";
        };
    }
}
