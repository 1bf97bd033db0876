/** What a server does, as Micrometer meters. Start at {@link dev.tidewire.metrics.ServerMetrics}. */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"}) // Micrometer has no module descriptors
module dev.tidewire.metrics {
    requires transitive dev.tidewire.server;
    requires transitive micrometer.core;
    requires static transitive micrometer.registry.prometheus;
    requires static org.jspecify;

    exports dev.tidewire.metrics;
}
