/** The load generator: a WebSocket client that says the same things over and over and checks what comes back. */
@NullMarked
package dev.tidewire.benchmarks.load;

import org.jspecify.annotations.NullMarked;
