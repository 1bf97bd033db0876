/** The servers, the events they call back about and the handlers of those events. */
@NullMarked
package dev.tidewire.server;

import org.jspecify.annotations.NullMarked;
