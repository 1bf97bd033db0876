/** Event loops, listeners, connections by fd and what waits to be sent on each. */
@NullMarked
package dev.tidewire.server.internal.engine;

import org.jspecify.annotations.NullMarked;
