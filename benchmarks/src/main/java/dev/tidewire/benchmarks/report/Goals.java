package dev.tidewire.benchmarks.report;

import static dev.tidewire.benchmarks.run.Peers.BARE;
import static dev.tidewire.benchmarks.run.Peers.HELIDON;
import static dev.tidewire.benchmarks.run.Peers.NETTY;
import static dev.tidewire.benchmarks.run.Peers.NETTY_OPENSSL;
import static dev.tidewire.benchmarks.run.Peers.TIDEWIRE;
import static dev.tidewire.benchmarks.run.Peers.TIDEWIRE_JDK_TLS;
import static dev.tidewire.benchmarks.run.Peers.TIDEWIRE_VIRTUAL;

import dev.tidewire.benchmarks.run.Peer.Family;
import dev.tidewire.benchmarks.run.Sample;
import dev.tidewire.benchmarks.run.Works;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** What Tidewire wants to be. */
final class Goals {
    private static final String TIMES = "%.2f";
    private static final String WHOLE = "%,.0f";
    private static final ToDoubleFunction<Sample> CPU = Sample::cpuMicros;
    private static final ToDoubleFunction<Sample> RATE = Sample::perSecond;
    private static final String OF_BEST_CPU = "× the CPU of the best Java peer";

    static final List<Goal> ALL = List.of(
            cpu(1.03, TIDEWIRE, BARE, Works.ECHO),
            cpuOfBest(0.95, TIDEWIRE, Works.ECHO),
            Goal.atLeast(
                    0.95,
                    TIMES,
                    title(Works.ECHO_32),
                    "× the rate of " + BARE,
                    r -> r.ratio(TIDEWIRE, BARE, Works.ECHO_32, RATE)),
            Goal.atLeast(
                    2.5,
                    TIMES,
                    title(Works.ECHO_32),
                    "× the rate of the best Java peer",
                    r -> quotient(
                            r.median(TIDEWIRE, Works.ECHO_32, RATE), best(r, Works.ECHO_32, RATE, false, Set.of()))),
            cpu(0.85, TIDEWIRE, NETTY, Works.ECHO_512),
            cpu(0.9, TIDEWIRE, NETTY, Works.ECHO_1K),
            cpu(0.6, TIDEWIRE, NETTY, Works.ECHO_16K),
            cpu(0.5, TIDEWIRE, NETTY, Works.ECHO_1M),
            Goal.atLeast(18_000, WHOLE, title(Works.CHURN), "per second", r -> r.median(TIDEWIRE, Works.CHURN, RATE)),
            // What the rate does not show where the load generator is at its end before the server.
            perCpuSecond(18_000, "connections", Works.CHURN),
            cpu(1.3, TIDEWIRE_VIRTUAL, TIDEWIRE, Works.ECHO),
            cpu(1.5, TIDEWIRE_VIRTUAL, TIDEWIRE, Works.ECHO_32),
            cpu(1, TIDEWIRE_VIRTUAL, HELIDON, Works.ECHO),
            cpu(1, TIDEWIRE_VIRTUAL, HELIDON, Works.ECHO_32),
            cpuAtSameRatio(Works.DEFLATE),
            cpuAtSameRatio(Works.DEFLATE_TAKEOVER),
            deliveries(Works.FAN_OUT_1000),
            deliveries(Works.FAN_OUT_10000),
            perCpuSecond(1_000_000, "deliveries", Works.FAN_OUT_RATE),
            Goal.atMost(
                    2_560,
                    WHOLE,
                    title(Works.IDLE),
                    "bytes each",
                    r -> r.median(TIDEWIRE, Works.IDLE, Sample::bytesEach)),
            Goal.atMost(
                    4_096,
                    WHOLE,
                    title(Works.IDLE) + ", " + TIDEWIRE_VIRTUAL,
                    "bytes each",
                    r -> r.median(TIDEWIRE_VIRTUAL, Works.IDLE, Sample::bytesEach)),
            Goal.atMost(
                    1_024,
                    WHOLE,
                    title(Works.IDLE_DEFLATE_ALONE),
                    "bytes over plain",
                    r -> r.excess(TIDEWIRE, Works.IDLE_DEFLATE_ALONE, Works.IDLE, Sample::bytesEach)),
            Goal.atMost(
                    1,
                    TIMES,
                    title(Works.TLS) + ", " + TIDEWIRE_JDK_TLS,
                    OF_BEST_CPU + " with the JDK's TLS",
                    r -> quotient(
                            r.median(TIDEWIRE_JDK_TLS, Works.TLS, CPU),
                            best(r, Works.TLS, CPU, true, Set.of(NETTY_OPENSSL)))),
            cpu(1, TIDEWIRE, NETTY_OPENSSL, Works.TLS),
            Goal.atMost(300, WHOLE, title(Works.START), "ms", r -> r.median(TIDEWIRE, Works.START, Figure.START.of())));

    private Goals() {}

    private static String title(String work) {
        return Works.of(work).title();
    }

    private static Goal cpu(double limit, String peer, String other, String work) {
        String who = peer.equals(TIDEWIRE) ? "" : ", " + peer;
        return Goal.atMost(
                limit, TIMES, title(work) + who, "× the CPU of " + other, r -> r.ratio(peer, other, work, CPU));
    }

    private static Goal cpuOfBest(double limit, String peer, String work) {
        return Goal.atMost(
                limit,
                TIMES,
                title(work),
                OF_BEST_CPU,
                r -> quotient(r.median(peer, work, CPU), best(r, work, CPU, true, Set.of())));
    }

    private static Goal perCpuSecond(double limit, String what, String work) {
        return Goal.atLeast(
                limit,
                WHOLE,
                title(work),
                what + " per CPU second",
                r -> r.median(TIDEWIRE, work, CPU).map(micros -> 1e6 / micros));
    }

    /** Beside those whose replies are as short, to a tenth: who compresses less has less to do. */
    private static Goal cpuAtSameRatio(String work) {
        return Goal.atMost(
                1,
                TIMES,
                title(work),
                OF_BEST_CPU + " at the same ratio",
                r -> quotient(r.median(TIDEWIRE, work, CPU), best(r, work, CPU, true, looser(r, work))));
    }

    private static Set<String> looser(Results results, String work) {
        double most = 1.1 * results.median(TIDEWIRE, work, Sample::bytesBack).orElse(0.0);
        return results.peers(work).stream()
                .filter(peer -> results.median(peer, work, Sample::bytesBack).orElse(0.0) > most)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Goal deliveries(String work) {
        return Goal.atLeast(
                1.4,
                TIMES,
                title(work),
                "× the deliveries per CPU second of the best Java peer",
                r -> quotient(best(r, work, CPU, true, Set.of()), r.median(TIDEWIRE, work, CPU)));
    }

    private static Optional<Double> best(
            Results results, String work, ToDoubleFunction<Sample> figure, boolean least, Set<String> except) {
        Comparator<Double> order = least ? Comparator.reverseOrder() : Comparator.naturalOrder();
        return results.peers(work).stream()
                .filter(peer -> Family.of(peer) == Family.JAVA && !except.contains(peer))
                .flatMap(peer -> results.median(peer, work, figure).stream())
                .max(order);
    }

    private static Optional<Double> quotient(Optional<Double> dividend, Optional<Double> divisor) {
        return dividend.flatMap(above -> divisor.map(below -> above / below));
    }
}
