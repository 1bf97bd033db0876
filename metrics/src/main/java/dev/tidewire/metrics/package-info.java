/** Micrometer meters of a server, and a small server that shows them. */
@NullMarked
package dev.tidewire.metrics;

import org.jspecify.annotations.NullMarked;
