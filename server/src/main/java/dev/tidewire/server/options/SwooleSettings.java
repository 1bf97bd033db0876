package dev.tidewire.server.options;

import dev.tidewire.protocol.deflate.DeflatePolicy;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/**
 * The settings of Swoole's {@code set}, as options here. What cannot be had is refused with what there is in its place: a setting
 * that nobody heeds would be found out in production.
 */
final class SwooleSettings {
    /** In the order in which they are put on the options: the later one of two for the same option holds. */
    private static final Map<String, Setting> KNOWN = known();

    /** Letters by which a name may differ from the one that was meant. */
    private static final int TYPING_ERRORS = 3;

    private SwooleSettings() {}

    /** What becomes of one setting. */
    sealed interface Setting {}

    /** It is put on the options. */
    record Sets(BiConsumer<SwooleValues, ServerOptions.Builder> put) implements Setting {}

    /** It is read along with one of these, without which it has no meaning. */
    record Part(List<String> of) implements Setting {}

    /** It is taken with the value that says what is so here anyway; {@code why} is for the other one. */
    record Only(boolean value, String why) implements Setting {}

    /** It is refused. */
    record LeftOut(String why) implements Setting {}

    /** All that are known, by name. */
    static Map<String, Setting> all() {
        return KNOWN;
    }

    /**
     * Puts settings on options.
     *
     * @throws IllegalArgumentException for one that is unknown, left out or wrong
     */
    static void put(Map<String, ?> settings, ServerOptions.Builder options) {
        for (String name : settings.keySet()) {
            if (!KNOWN.containsKey(name)) throw unknown(name);
        }
        SwooleValues values = new SwooleValues(settings);
        KNOWN.forEach((name, setting) -> {
            if (values.has(name)) put(name, setting, values, options);
        });
    }

    private static void put(String name, Setting setting, SwooleValues values, ServerOptions.Builder options) {
        switch (setting) {
            case Sets(var put) -> {
                try {
                    put.accept(values, options);
                } catch (SwooleValues.Wrong named) {
                    throw named;
                } catch (IllegalArgumentException e) { // of an option, under our name for it
                    throw values.wrong(name, String.valueOf(e.getMessage()));
                }
            }
            case Part(var of) -> {
                if (of.stream().noneMatch(values::has)) throw values.wrong(name, "needs " + String.join(" or ", of));
            }
            case Only(boolean value, String why) -> {
                if (values.flag(name) != value) throw values.wrong(name, why);
            }
            case LeftOut(String why) -> throw values.wrong(name, why);
        }
    }

    private static IllegalArgumentException unknown(String name) {
        Optional<String> near = KNOWN.keySet().stream()
                .min(Comparator.comparingInt(known -> distance(name, known)))
                .filter(nearest -> distance(name, nearest) <= TYPING_ERRORS);
        return new IllegalArgumentException(name + " is no setting of Swoole's server that is known here"
                + near.map(known -> "; is it " + known + "?").orElse(""));
    }

    /** Letters that are to be put in, taken out or changed to make one name of the other. */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) row[j] = j;
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int change = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }

    private static Map<String, Setting> known() {
        Map<String, Setting> known = new LinkedHashMap<>();
        threads(known);
        processes(known);
        network(known);
        framing(known);
        time(known);
        buffers(known);
        tls(known);
        http(known);
        webSocket(known);
        logging(known);
        return Collections.unmodifiableMap(known);
    }

    private static void threads(Map<String, Setting> to) {
        sets(to, "worker_num", SwooleValues::count, ServerOptions.Builder::threads);
        sets(to, "reactor_num", SwooleValues::count, ServerOptions.Builder::threads);
        to.put("single_thread", sets((given, options) -> {
            if (given.flag("single_thread")) options.threads(1);
        }));
        for (String name : List.of("max_concurrency", "worker_max_concurrency")) {
            to.put(name, sets((given, options) -> options.dispatch(Dispatch.virtual(concurrency(given)))));
        }
        only(to, true, "dispatch(Dispatch.workers(n)) runs handlers on a fixed number of threads", "enable_coroutine");
        leftOut(
                to,
                "virtual threads are not counted; max_concurrency bounds handlers",
                "max_coroutine",
                "max_coro_num");
        leftOut(to, "blocking code just blocks its own virtual thread", "hook_flags");
        leftOut(
                to,
                "a connection's events are always in order, on one lane; where they run is dispatch(Dispatch)",
                "dispatch_mode",
                "dispatch_func");
        only(to, false, "no event is dropped or comes twice", "discard_timeout_request", "enable_unsafe_event");
        only(to, false, "call pause(fd) in CONNECT and resume(fd) when it may send", "enable_delay_receive");
    }

    /** That of the server, or of all its workers together when that is less. */
    private static int concurrency(SwooleValues given) {
        long workers = given.count("worker_num", Runtime.getRuntime().availableProcessors());
        long ofWorkers = workers * given.count("worker_max_concurrency", Integer.MAX_VALUE);
        return (int) Math.min(given.count("max_concurrency", Integer.MAX_VALUE), ofWorkers);
    }

    private static void processes(Map<String, Setting> to) {
        sets(to, "max_wait_time", SwooleValues::seconds, ServerOptions.Builder::shutdownTimeout);
        to.put("task_worker_num", sets((given, options) -> {
            // None at all is what a server without a TASK handler has.
            if (given.count("task_worker_num") > 0) options.taskWorkers(given.count("task_worker_num"));
        }));
        leftOut(
                to,
                "there are no processes to replace; a new one takes over behind reusePort or a proxy",
                "max_request",
                "max_request_grace",
                "reload_async",
                "task_max_request",
                "task_max_request_grace");
        leftOut(
                to,
                "tasks are handed over between threads, as they are",
                "task_ipc_mode",
                "task_tmpdir",
                "task_enable_coroutine",
                "task_use_object",
                "task_object",
                "event_object",
                "message_queue_key");
        leftOut(
                to,
                "the system's service manager does that",
                "user",
                "group",
                "chroot",
                "pid_file",
                "cpu_affinity_ignore");
        only(to, false, "the system's service manager does that", "daemonize", "open_cpu_affinity");
        leftOut(to, "fds count from 1 and are never used again", "start_session_id");
        leftOut(to, "threads share the program they were started with", "bootstrap", "init_arguments");
    }

    private static void network(Map<String, Setting> to) {
        sets(to, "backlog", SwooleValues::count, ServerOptions.Builder::backlog);
        for (String name : List.of("max_connection", "max_conn")) {
            to.put(name, sets((given, options) -> {
                if (given.count(name) == 0) throw new IllegalArgumentException("must be at least 1");
                options.maxConnections(given.count(name));
            }));
        }
        sets(to, "enable_reuse_port", SwooleValues::flag, ServerOptions.Builder::reusePort);
        sets(to, "tcp_user_timeout", SwooleValues::milliseconds, ServerOptions.Builder::writeTimeout);
        only(to, true, "it is always on", "open_tcp_nodelay");
        only(to, false, "pingInterval and pongTimeout find dead peers, in seconds", "open_tcp_keepalive");
        leftOut(
                to,
                "pingInterval and pongTimeout find dead peers, in seconds",
                "tcp_keepidle",
                "tcp_keepinterval",
                "tcp_keepcount");
        leftOut(
                to,
                "the system's own settings are better",
                "tcp_defer_accept",
                "tcp_fastopen",
                "kernel_socket_recv_buffer_size",
                "kernel_socket_send_buffer_size");
    }

    private static void framing(Map<String, Setting> to) {
        to.put("package_max_length", sets((given, options) -> {
            int bytes = given.bytes("package_max_length");
            options.maxMessageBytes(bytes).maxRequestBodyBytes(bytes);
        }));
        to.put("open_length_check", sets((given, options) -> {
            if (given.flag("open_length_check")) options.framing(lengthField(given));
        }));
        for (String name : List.of("open_eof_check", "open_eof_split")) {
            to.put(name, sets((given, options) -> {
                if (given.flag(name)) options.framing(delimiter(given));
            }));
        }
        part(
                to,
                List.of("open_length_check"),
                "package_length_type",
                "package_length_offset",
                "package_body_offset",
                "package_body_start");
        part(to, List.of("open_eof_check", "open_eof_split"), "package_eof");
        leftOut(to, "framing(TcpFraming.by(function)) has a function say the length", "package_length_func");
        leftOut(
                to,
                "the class of the server says what it speaks, and ListenerOptions what a listener does",
                "open_http_protocol",
                "open_websocket_protocol");
        only(to, false, "HTTP/2 is not spoken here", "open_http2_protocol");
        only(
                to,
                false,
                "other protocols are the application's, over plain TCP",
                "open_mqtt_protocol",
                "open_redis_protocol");
    }

    private static TcpFraming lengthField(SwooleValues given) {
        if (given.isOn("open_eof_check") || given.isOn("open_eof_split")) {
            throw new IllegalArgumentException("a package has a length or an end, not both");
        }
        LengthType type = given.has("package_length_type")
                ? given.read("package_length_type", SwooleSettings::lengthType)
                : LengthType.UINT32;
        String body = given.has("package_body_start") ? "package_body_start" : "package_body_offset";
        int lengthOffset = given.count("package_length_offset", 0);
        return TcpFraming.lengthField(type, lengthOffset, given.count(body, 4));
    }

    private static LengthType lengthType(Object value) {
        if (value instanceof String letter && letter.length() == 1) return LengthType.of(letter.charAt(0));
        throw new IllegalArgumentException("must be one letter");
    }

    private static TcpFraming delimiter(SwooleValues given) {
        if (!given.has("package_eof")) return TcpFraming.delimiter("\r\n\r\n");
        return given.read("package_eof", value -> TcpFraming.delimiter(SwooleValues.asText(value)));
    }

    private static void time(Map<String, Setting> to) {
        to.put("heartbeat_check_interval", sets((given, options) -> {
            Duration interval = given.seconds("heartbeat_check_interval");
            // As in Swoole; with an idle time there is nothing to set, for each connection is looked at when it is due.
            if (!given.has("heartbeat_idle_time")) options.heartbeatIdleTime(interval.multipliedBy(2));
        }));
        sets(to, "heartbeat_idle_time", SwooleValues::seconds, ServerOptions.Builder::heartbeatIdleTime);
        sets(to, "max_idle_time", SwooleValues::seconds, ServerOptions.Builder::maxIdleTime);
    }

    private static void buffers(Map<String, Setting> to) {
        for (String name : List.of("output_buffer_size", "buffer_output_size", "socket_buffer_size")) {
            sets(to, name, SwooleValues::bytes, ServerOptions.Builder::maxQueuedBytes);
        }
        to.put("buffer_high_watermark", sets((given, options) -> {
            int low = given.has("buffer_low_watermark") ? given.bytes("buffer_low_watermark") : 0;
            options.queueMarks(low, given.bytes("buffer_high_watermark"));
        }));
        part(to, List.of("buffer_high_watermark"), "buffer_low_watermark");
        sets(to, "max_queued_bytes", SwooleValues::bytes, ServerOptions.Builder::maxPendingBytes);
        leftOut(to, "buffers are as large as what comes", "input_buffer_size", "buffer_input_size");
        only(to, false, "a push never waits; sendBlocking(fd, data, Duration) does", "send_yield");
        leftOut(to, "sendBlocking(fd, data, Duration) takes its time with each call", "send_timeout");
    }

    private static void tls(Map<String, Setting> to) {
        to.put("ssl_cert_file", sets((given, options) -> options.tls(tlsOptions(given))));
        part(to, List.of("ssl_cert_file"), "ssl_key_file", "ssl_verify_peer", "ssl_client_cert_file", "ssl_cafile");
        leftOut(
                to,
                "TLS 1.3 and 1.2 with safe ciphers only, there is nothing to choose",
                "ssl_protocols",
                "ssl_method",
                "ssl_ciphers",
                "ssl_prefer_server_ciphers",
                "ssl_ecdh_curve",
                "ssl_dhparam");
        only(to, false, "compression within TLS gives secrets away", "ssl_compress");
        only(to, false, "put the certificates that are trusted into ssl_client_cert_file", "ssl_allow_self_signed");
        leftOut(
                to,
                "put the certificates that are trusted into ssl_client_cert_file",
                "ssl_capath",
                "ssl_verify_depth");
        leftOut(to, "tls(TlsOptions) takes several certificates, each of which says its names itself", "ssl_sni_certs");
    }

    private static TlsOptions tlsOptions(SwooleValues given) {
        if (!given.has("ssl_key_file")) throw new IllegalArgumentException("needs ssl_key_file");
        TlsOptions.Builder tls =
                TlsOptions.builder().certificate(given.file("ssl_cert_file"), given.file("ssl_key_file"));
        boolean asks = given.isOn("ssl_verify_peer");
        for (String name : List.of("ssl_cafile", "ssl_client_cert_file")) {
            if (!given.has(name)) continue;
            if (!given.has("ssl_verify_peer"))
                throw given.wrong(name, "needs ssl_verify_peer, which says whether it is used");
            if (asks) tls.trustedClients(given.file(name));
        }
        if (asks) tls.clientAuth(ClientAuth.REQUIRED);
        return tls.build();
    }

    private static void http(Map<String, Setting> to) {
        only(to, true, "cookies are read when they are asked for", "http_parse_cookie");
        only(to, false, "bodies are bytes, forms are the application's to read", "http_parse_post", "http_parse_files");
        leftOut(to, "bodies are bytes, of maxRequestBodyBytes at most", "upload_tmp_dir", "upload_max_filesize");
        only(to, false, "responses leave as they are; a proxy can compress them", "http_compression");
        leftOut(
                to,
                "responses leave as they are; a proxy can compress them",
                "http_compression_level",
                "compression_level",
                "http_gzip_level",
                "compression_min_length",
                "http_compression_min_length",
                "http_compression_types",
                "compression_types");
        only(to, false, "a web server or a CDN serves files", "enable_static_handler", "http_autoindex");
        leftOut(
                to,
                "a web server or a CDN serves files",
                "document_root",
                "static_handler_locations",
                "http_index_files",
                "url_rewrite_rules");
        leftOut(
                to,
                "HTTP/2 is not spoken here",
                "http2_header_table_size",
                "http2_enable_push",
                "http2_max_concurrent_streams",
                "http2_init_window_size",
                "http2_max_frame_size",
                "http2_max_header_list_size",
                "http2_max_headers");
    }

    private static void webSocket(Map<String, Setting> to) {
        sets(to, "websocket_subprotocol", SwooleValues::text, (options, name) -> options.subprotocols(List.of(name)));
        sets(
                to,
                "websocket_compression",
                SwooleValues::flag,
                (options, on) -> options.compression(on ? DeflatePolicy.SHARED : DeflatePolicy.OFF));
        only(to, false, "on(PING, handler) hears of pings; the server answers them", "open_websocket_ping_frame");
        only(to, false, "on(PONG, handler) hears of pongs", "open_websocket_pong_frame");
        only(to, false, "on(CLOSING, handler) hears of a peer's close frame", "open_websocket_close_frame");
        only(to, false, "a server never masks (RFC 6455 §5.1)", "websocket_mask");
    }

    private static void logging(Map<String, Setting> to) {
        leftOut(
                to,
                "the application's own logging decides, through System.Logger",
                "log_file",
                "log_level",
                "log_date_format",
                "log_date_with_microseconds",
                "log_rotation",
                "display_errors",
                "trace_flags",
                "trace_event_worker");
        only(to, false, "the application's own logging decides, through System.Logger", "debug_mode");
        leftOut(
                to,
                "the flight recorder has the event dev.tidewire.SlowHandler",
                "request_slowlog_file",
                "request_slowlog_timeout");
        leftOut(
                to,
                "stats(), and the module tidewire-metrics, show the server",
                "stats_file",
                "stats_timer_interval",
                "admin_server");
        leftOut(
                to,
                "it is for coroutines and clients, not for a server",
                "aio_core_worker_num",
                "aio_worker_num",
                "aio_max_wait_time",
                "aio_max_idle_time",
                "iouring_entries",
                "iouring_workers",
                "iouring_flag",
                "dns_server",
                "socket_dns_timeout",
                "socket_connect_timeout",
                "socket_read_timeout",
                "socket_write_timeout");
    }

    /** It sets one option to its own value. */
    private static <T> void sets(
            Map<String, Setting> to,
            String name,
            BiFunction<SwooleValues, String, T> value,
            BiConsumer<ServerOptions.Builder, T> option) {
        to.put(name, sets((given, options) -> option.accept(options, value.apply(given, name))));
    }

    private static Setting sets(BiConsumer<SwooleValues, ServerOptions.Builder> put) {
        return new Sets(put);
    }

    private static void part(Map<String, Setting> to, List<String> of, String... names) {
        for (String name : names) to.put(name, new Part(of));
    }

    private static void only(Map<String, Setting> to, boolean value, String why, String... names) {
        for (String name : names) to.put(name, new Only(value, why));
    }

    private static void leftOut(Map<String, Setting> to, String why, String... names) {
        for (String name : names) to.put(name, new LeftOut(why));
    }
}
