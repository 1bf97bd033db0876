/** The WebSocket conversation: from the upgrade to the last byte of the closing handshake. */
@NullMarked
package dev.tidewire.server.internal.websocket;

import org.jspecify.annotations.NullMarked;
