/** What is to happen later: the deadlines of connections and the timers of the application. */
@NullMarked
package dev.tidewire.server.internal.time;

import org.jspecify.annotations.NullMarked;
