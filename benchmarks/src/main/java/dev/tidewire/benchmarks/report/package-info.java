/** Makes tables, charts and a page of samples. */
@NullMarked
package dev.tidewire.benchmarks.report;

import org.jspecify.annotations.NullMarked;
