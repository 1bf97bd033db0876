/** Servers to compare with that run on the same Netty as Tidewire; all others have a class path of their own, in {@code peers/}. */
@NullMarked
package dev.tidewire.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
