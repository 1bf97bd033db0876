/** WebSocket (RFC 6455) as values: what may be on the wire, how it is read and how it is written. */
@NullMarked
package dev.tidewire.protocol;

import org.jspecify.annotations.NullMarked;
