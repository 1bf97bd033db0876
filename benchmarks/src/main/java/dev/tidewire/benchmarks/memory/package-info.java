/** What connections cost that have nothing to say. */
@NullMarked
package dev.tidewire.benchmarks.memory;

import org.jspecify.annotations.NullMarked;
