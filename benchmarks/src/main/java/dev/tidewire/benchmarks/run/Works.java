package dev.tidewire.benchmarks.run;

import dev.tidewire.benchmarks.load.Load;
import java.util.List;
import java.util.Set;

/** All there is to measure. */
public final class Works {
    public static final String ECHO = "echo";
    public static final String ECHO_32 = "echo-32";
    public static final String ECHO_512 = "echo-512";
    public static final String ECHO_1K = "echo-1k";
    public static final String ECHO_16K = "echo-16k";
    public static final String ECHO_1M = "echo-1m";
    public static final String PACED = "paced";
    public static final String CHURN = "churn";
    public static final String STORM = "storm";
    public static final String FAN_OUT_1000 = "fan-out-1000";
    public static final String FAN_OUT_10000 = "fan-out-10000";
    public static final String FAN_OUT_RATE = "fan-out-rate";
    public static final String FAN_IN = "fan-in";
    public static final String DEFLATE = "deflate";
    public static final String DEFLATE_TAKEOVER = "deflate-takeover";
    public static final String TLS = "tls";
    public static final String IDLE = "idle";
    public static final String IDLE_DEFLATE_ALONE = "idle-deflate-alone";
    public static final String IDLE_DEFLATE = "idle-deflate";
    public static final String START = "start";

    private static final String NO_TAKEOVER =
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

    public static final List<Work> ALL = List.of(
            Work.echo(ECHO, 64, 20, 1),
            Work.echo(ECHO_32, 64, 20, 32),
            Work.echo(ECHO_512, 512, 128, 1),
            Work.echo(ECHO_1K, 64, 1 << 10, 1),
            Work.echo(ECHO_16K, 64, 16 << 10, 1),
            Work.echo(ECHO_1M, 16, 1 << 20, 1),
            Work.paced(PACED, 64, 20, 10_000),
            Work.plain(CHURN, "connect, shake hands, one echo, close", "connections", "/", new Load.Churn(64, 32)),
            Work.plain(STORM, "1,000 connections break and come back", "connections", "/", new Load.Storm(1_000, 32)),
            Work.fanOut(FAN_OUT_1000, 1_000, 128),
            Work.fanOut(FAN_OUT_10000, 10_000, 128),
            Work.fanOutAt(FAN_OUT_RATE, 100, 20, 10_000),
            Work.fanIn(FAN_IN, 64, 128, 64),
            Work.deflated(DEFLATE, "echo of 1 KiB of JSON, compressed alone", NO_TAKEOVER),
            Work.deflated(
                    DEFLATE_TAKEOVER, "echo of 1 KiB of JSON, compressed with context takeover", "permessage-deflate"),
            Work.tls(TLS),
            Work.idle(IDLE, "idle connections", Setup.MEMORY, ""),
            Work.idle(IDLE_DEFLATE_ALONE, "idle connections, compressed alone", Setup.MEMORY_DEFLATE, NO_TAKEOVER),
            Work.idle(
                    IDLE_DEFLATE,
                    "idle connections, compressed with context takeover",
                    Setup.MEMORY_DEFLATE,
                    "permessage-deflate"),
            Work.start(START));

    /** What {@code --quick} measures. */
    public static final Set<String> QUICK =
            Set.of(ECHO, ECHO_32, ECHO_512, ECHO_16K, CHURN, FAN_OUT_1000, DEFLATE, TLS, START);

    /** What Netty is measured at on every transport it has. */
    static final Set<String> TRANSPORTS = Set.of(ECHO, ECHO_32, ECHO_512, ECHO_16K, CHURN, FAN_OUT_1000);

    private Works() {}

    /** The work of that key, which exists. */
    public static Work of(String key) {
        return ALL.stream().filter(work -> work.key().equals(key)).findFirst().orElseThrow();
    }
}
