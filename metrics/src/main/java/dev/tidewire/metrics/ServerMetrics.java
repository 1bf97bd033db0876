package dev.tidewire.metrics;

import dev.tidewire.server.Event;
import dev.tidewire.server.Server;
import dev.tidewire.server.ServerObserver;
import dev.tidewire.server.ServerStats;
import dev.tidewire.server.connection.CloseCount;
import dev.tidewire.server.connection.CloseEvent.Initiator;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * What a server does, as meters named {@code tidewire.*}; docs/operations.md lists them.
 *
 * <p>The server counts for itself, whether anybody asks or not, and the meters read that when they are collected. Only the time of
 * handlers is measured because of them: from {@link #bindTo} on, by two readings of the clock for each call of a handler.
 *
 * <p>All tags have few values: route templates, never paths; close codes of clients are grouped; nothing that a peer sent is a tag.
 */
public final class ServerMetrics implements MeterBinder, AutoCloseable {
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(5),
        Duration.ofMillis(20),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(10)
    };

    private final Server server;
    private final Tags tags;
    private final Queue<Binding> bindings = new ConcurrentLinkedQueue<>();

    /** Meters of this server, without further tags. */
    public ServerMetrics(Server server) {
        this(server, Tags.empty());
    }

    /**
     * Meters of this server.
     *
     * @param tags tell it from others of the same process
     */
    public ServerMetrics(Server server, Iterable<Tag> tags) {
        this.server = Objects.requireNonNull(server, "server");
        this.tags = Tags.of(tags);
    }

    /** Registers the meters, before or after the server's start. The registry shows the server until {@link #close}. */
    @Override
    public void bindTo(MeterRegistry registry) {
        Binding binding = new Binding(registry);
        binding.connections();
        binding.traffic();
        binding.tasks();
        bindings.add(binding);
        server.observe(binding);
        server.counters().keySet().forEach(binding::counterAppeared);
    }

    /** Takes the meters out of all registries, and measures no more. The registries stay open. */
    @Override
    public void close() {
        for (Binding binding = bindings.poll(); binding != null; binding = bindings.poll()) {
            server.unobserve(binding);
            binding.removeMeters();
        }
    }

    /** The meters in one registry. */
    private final class Binding implements ServerObserver {
        private final MeterRegistry registry;
        private final Snapshot snapshot = new Snapshot(server);
        private final ConcurrentMap<Handled, Timer> handlers = new ConcurrentHashMap<>();
        private final Set<Meter> meters = ConcurrentHashMap.newKeySet();
        private final Timer loopLag;

        Binding(MeterRegistry registry) {
            this.registry = registry;
            loopLag = own(timer("tidewire.loop.lag", "How long event loops took for a sign of life")
                    .register(registry));
        }

        private <M extends Meter> M own(M meter) {
            meters.add(meter);
            return meter;
        }

        void removeMeters() {
            meters.forEach(registry::remove);
        }

        void connections() {
            gauge("tidewire.connections.open", "Open connections", ServerStats::connectionNum);
            counter("tidewire.connections.opened", "Connections accepted", ServerStats::acceptCount);
            counter("tidewire.connections.turned.away", "Sockets closed on being accepted", ServerStats::abortCount);
            for (Initiator initiator : Initiator.values()) {
                for (String code : CloseCount.CODES) {
                    closed(code, initiator);
                }
            }
        }

        private void closed(String code, Initiator initiator) {
            own(FunctionCounter.builder(
                            "tidewire.connections.closed", snapshot, latest -> latest.closes(code, initiator))
                    .description("Connections closed, by close code and by who closed first")
                    .tags(tags.and("code", code, "initiator", initiator.name().toLowerCase(Locale.ROOT)))
                    .register(registry));
        }

        void traffic() {
            counter("tidewire.messages", "Messages and requests", ServerStats::requestCount, "direction", "in");
            counter("tidewire.messages", "Messages and requests", ServerStats::responseCount, "direction", "out");
            counter("tidewire.packets", "Datagrams", ServerStats::packetRecvCount, "direction", "in");
            counter("tidewire.packets", "Datagrams", ServerStats::packetSendCount, "direction", "out");
            counter("tidewire.bytes", "Bytes on the wire within TLS", ServerStats::totalRecvBytes, "direction", "in");
            counter("tidewire.bytes", "Bytes on the wire within TLS", ServerStats::totalSendBytes, "direction", "out");
            gauge("tidewire.queue.bytes", "Bytes that wait to be sent", ServerStats::queuedBytes);
            gauge("tidewire.handlers.busy", "Connections whose handlers have work", ServerStats::concurrency);
        }

        void tasks() {
            counter("tidewire.tasks", "Tasks accepted", ServerStats::taskCount);
            gauge("tidewire.tasks.running", "Tasks that run", ServerStats::taskingNum);
            gauge("tidewire.tasks.waiting", "Tasks that wait", ServerStats::taskQueueNum);
        }

        @Override
        public void handled(Event<?> event, String route, long nanos, boolean failed) {
            handlers.computeIfAbsent(new Handled(event.name(), route, failed), this::handlerTimer)
                    .record(nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public void loopLagged(long nanos) {
            loopLag.record(nanos, TimeUnit.NANOSECONDS);
        }

        @Override
        public void counterAppeared(String name) {
            CounterName meter = CounterName.of(name);
            own(FunctionCounter.builder(
                            meter.meter(),
                            server,
                            counting -> counting.counters().getOrDefault(name, 0L))
                    .description(meter.description())
                    .tags(tags.and(meter.tag(), meter.value()))
                    .register(registry));
        }

        private Timer handlerTimer(Handled handled) {
            return own(timer("tidewire.handlers", "Time that handlers took")
                    .tags(tags.and(
                            "event",
                            handled.event(),
                            "route",
                            handled.route(),
                            "outcome",
                            handled.failed() ? "failed" : "returned"))
                    .register(registry));
        }

        private Timer.Builder timer(String name, String description) {
            return Timer.builder(name).description(description).tags(tags).serviceLevelObjectives(BUCKETS);
        }

        private void gauge(String name, String description, ToDoubleFunction<ServerStats> value) {
            own(Gauge.builder(name, snapshot, latest -> latest.read(value))
                    .description(description)
                    .tags(tags)
                    .register(registry));
        }

        private void counter(
                String name, String description, ToLongFunction<ServerStats> value, String... furtherTags) {
            own(FunctionCounter.builder(name, snapshot, latest -> latest.count(value))
                    .description(description)
                    .tags(tags.and(furtherTags))
                    .register(registry));
        }
    }

    /** Handlers that share a timer. */
    private record Handled(String event, String route, boolean failed) {}
}
