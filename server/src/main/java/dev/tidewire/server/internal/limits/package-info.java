/** How many peers may connect, how fast, and how much they may send. */
@NullMarked
package dev.tidewire.server.internal.limits;

import org.jspecify.annotations.NullMarked;
