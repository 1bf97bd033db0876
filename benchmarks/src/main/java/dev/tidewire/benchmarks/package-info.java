/** What the codec costs, measured with JMH. */
@NullMarked
package dev.tidewire.benchmarks;

import org.jspecify.annotations.NullMarked;
