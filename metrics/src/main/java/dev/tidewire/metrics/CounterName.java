package dev.tidewire.metrics;

import java.util.Arrays;

/**
 * Where a counter of the server stands among the meters.
 *
 * @param meter       shared by all of its kind
 * @param description of that meter
 * @param tag         tells them apart
 * @param value       of the tag
 */
record CounterName(String meter, String description, String tag, String value) {
    private enum Kind {
        LIMIT("limit.", "tidewire.limits.hit", "Limits that were hit", "limit"),
        REFUSED("refused.", "tidewire.refused", "Connections and handshakes refused", "reason"),
        VIOLATION("violation.", "tidewire.violations", "WebSockets closed for a broken rule", "rule"),
        SLOW("slow.", "tidewire.slow.consumers", "What was done about peers that do not read", "action"),
        TLS("tls.handshake_failed.", "tidewire.tls.handshakes.failed", "TLS handshakes that failed", "reason"),
        OTHER("", "tidewire.events", "What else is counted", "event");

        private final String prefix;
        private final String meter;
        private final String description;
        private final String tag;

        Kind(String prefix, String meter, String description, String tag) {
            this.prefix = prefix;
            this.meter = meter;
            this.description = description;
            this.tag = tag;
        }
    }

    /** Places a name of {@link dev.tidewire.server.Server#counters}. */
    static CounterName of(String name) {
        Kind kind = Arrays.stream(Kind.values())
                .filter(candidate -> name.startsWith(candidate.prefix))
                .findFirst()
                .orElseThrow();
        return new CounterName(kind.meter, kind.description, kind.tag, name.substring(kind.prefix.length()));
    }
}
