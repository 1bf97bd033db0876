/** Starts servers, sends them loads in turn and measures what they cost. */
@NullMarked
package dev.tidewire.benchmarks.run;

import org.jspecify.annotations.NullMarked;
